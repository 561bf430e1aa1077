"""The e-mail source: filing, reading, threading, sending; without the database, so that each part is tested alone."""
