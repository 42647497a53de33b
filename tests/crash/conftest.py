"""The crash tests run on both databases."""

from tests.databases import postgres_server, store, store_url

__all__ = ["postgres_server", "store", "store_url"]
