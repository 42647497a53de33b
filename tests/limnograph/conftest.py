"""What the tests of the service share: a store on each database."""

from tests.databases import postgres_server, store, store_url

__all__ = ["postgres_server", "store", "store_url"]
