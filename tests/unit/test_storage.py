"""BATON_STORAGE_URL: the data folder, or S3."""

import sys
from pathlib import Path

import pytest

from config.environment import WrongVariable
from config.storage import LOCAL, S3, storage_settings


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the packages of S3 were there: they are none of ours."""
    for name in ("storages", "boto3"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)


def test_without_an_address_uploads_are_in_the_data_folder() -> None:
    assert storage_settings("") == {"BACKEND": LOCAL}


@pytest.mark.usefixtures("installed")
def test_a_bucket_with_prefix_region_and_endpoint() -> None:
    found = storage_settings("s3://papers/baton/uploads?region=eu-central-1&endpoint=https%3A%2F%2Fs3.example.com")
    assert found["BACKEND"] == S3
    options = found["OPTIONS"]
    assert isinstance(options, dict)
    assert (options["bucket_name"], options["location"]) == ("papers", "baton/uploads")
    assert (options["region_name"], options["endpoint_url"]) == ("eu-central-1", "https://s3.example.com")
    assert options["file_overwrite"] is False


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("gs://papers", "reads s3://BUCKET"),
        ("s3:///prefix", "reads s3://BUCKET"),
        ("s3://key:secret@papers", "reads s3://BUCKET"),
        ("s3://papers?colour=red", "knows no 'colour'"),
    ],
)
def test_a_wrong_address_is_refused(url: str, says: str) -> None:
    with pytest.raises(WrongVariable, match=says):
        storage_settings(url)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.storage.find_spec", lambda _name: None)
    with pytest.raises(WrongVariable, match="pip install"):
        storage_settings("s3://papers")
