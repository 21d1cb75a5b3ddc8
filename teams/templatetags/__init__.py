"""`{% load settings %}`: the menu beside every page of the settings."""
