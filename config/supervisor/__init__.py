"""`make run`: starts Valkey, PostgreSQL, web and workers, restarts what dies, and ends all of it together.

Knows no Django: what needs the models runs in a process of its own (config/supervisor/prepare.py).
"""
