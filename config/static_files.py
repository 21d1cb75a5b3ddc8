"""Static files under hashed names; the imports of ES modules are rewritten to them, so no import map is needed."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """WhiteNoise's storage, which also follows `import` in JavaScript."""

    support_js_module_import_aggregation = True
