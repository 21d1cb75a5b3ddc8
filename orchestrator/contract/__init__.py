"""What a node, a tool and a provider see of the product: Protocols and values, no framework.

`messages` is what goes to a model and comes back, `provider`, `tool` and `node` describe the three kinds of plug-in,
`context` is what a running step may do, `questions` what it may ask.
"""
