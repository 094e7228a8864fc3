"""What object storages answer to ListObjectVersions, in their own orders of elements."""

import pytest

from retention.storage.versions import read_page

_OPENING = '<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="{}">'
MINIO = f"""{_OPENING.format("http://s3.amazonaws.com/doc/2006-03-01/")}<Name>year</Name>
<Prefix>segments/2026/</Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker>
<NextKeyMarker>a&amp;b</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>
<MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>
<DeleteMarker><Key>a&amp;b</Key><LastModified>2026-11-16T00:00:00.000Z</LastModified><Owner><ID>0
</ID><DisplayName>minio</DisplayName></Owner><IsLatest>true</IsLatest><VersionId>v2</VersionId>
</DeleteMarker>
<Version><Key>a&amp;b</Key><LastModified>2026-11-16T00:00:00.000Z</LastModified><ETag>&#34;e&#34;
</ETag><Size>6</Size><Owner><ID>0</ID><DisplayName>minio</DisplayName></Owner>
<StorageClass>STANDARD</StorageClass><IsLatest>false</IsLatest><VersionId>v1</VersionId></Version>
</ListVersionsResult>"""
"""The order of `ObjectVersion` in minio/cmd/api-response.go."""


def test_versions_are_found_in_any_order_of_elements() -> None:
    """MinIO's, with escaped keys, markers of deletion and a page to follow; and without any."""
    page = read_page(MINIO)
    assert page.versions == (("a&b", "v1"), ("a&b", "v2"))
    assert page.following == {"key-marker": "a&b", "version-id-marker": "v1"}
    last = read_page("<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>")
    assert (last.versions, last.following) == ((), {})


@pytest.mark.parametrize(
    "answer",
    [
        "",
        MINIO[:-30],
        "<html></html>",
        f"<!DOCTYPE x [<!ENTITY e 'e'>]>{MINIO}",
        MINIO.replace("VersionId>", "Id>"),
        MINIO.replace("NextKeyMarker>", "Next>"),
    ],
)
def test_what_is_no_whole_answer_is_refused(answer: str) -> None:
    """It would else be taken for: there is nothing to delete."""
    with pytest.raises(ValueError, match=r"."):
        read_page(answer)
