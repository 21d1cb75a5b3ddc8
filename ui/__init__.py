"""Forms from JSON Schema, diffs, Markdown, components. Has no models and knows no other app."""
