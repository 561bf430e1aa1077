"""What runs beside requests: jobs, schedules and the services that listen outside."""

from parley.worker.worker import Service, Worker

__all__ = ["Service", "Worker"]
