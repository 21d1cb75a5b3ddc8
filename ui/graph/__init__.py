"""Graphs as people see them: cards, edges and places for the canvas, a nested list, a small picture. Pure: no Django.

`reading.read_graph` makes a `Picture` of a version's document; `outline`, `svg` and `Picture.as_json` show it.
"""
