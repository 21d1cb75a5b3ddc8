"""Settings of the tests: those of the product, with a fixed secret and a database of their own."""

from config.settings import *  # noqa: F403
