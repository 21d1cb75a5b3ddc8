"""`{% load ui %}`: what every template may use."""
