"""The reads of `customers`: every list starts from `policy.customers`, and gives the dataclasses of `views`."""
