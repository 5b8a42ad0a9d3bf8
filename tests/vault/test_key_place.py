"""What VESTIGE_KEYRING may say: a path, a token, a key of AWS KMS; anything else is refused with the reason."""

from pathlib import Path

import pytest

from vestige import config
from vestige.errors import BadInput
from vestige.evidence.key_place import KeyPlace, ServiceKey, Token, parse

ARN = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_a_path_is_a_file_and_nothing_else() -> None:
    for text in ("/srv/a.keyring", "/srv/pkcs11.keyring", "/srv/a:b"):
        assert parse(text) == KeyPlace(Path(text))
    assert parse("here.keyring").file == Path.cwd() / "here.keyring"
    assert config.key_place(Path("/srv/home"), {}).file == Path("/srv/home.keyring")


def test_a_token_is_named_by_label_module_and_file() -> None:
    place = parse("pkcs11:token=The%20token?module-path=/usr/lib/p11.so&pin-source=file:/run/pin&file=/srv/a%20b.keyring")
    assert (place.file, place.within) == (Path("/srv/a b.keyring"), Token("The token", Path("/usr/lib/p11.so"), Path("/run/pin")))
    assert parse(place.text()) == place
    other = place.with_file(Path("/tmp/x y&z"))
    assert (parse(other.text()).file, parse(other.text()).within) == (other.file, place.within)


def test_a_service_key_is_named_by_its_arn() -> None:
    place = parse(f"awskms:{ARN}?file=/srv/a.keyring")
    assert (place.file, place.within) == (Path("/srv/a.keyring"), ServiceKey(ARN))
    assert parse(place.with_file(Path("/b")).text()) == parse(f"awskms:{ARN}?file=/b")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pkcs11:token=T?module-path=/m.so", "no keyring file"),
        ("pkcs11:token=T?module-path=/m.so&file=k", "no keyring file"),
        ("pkcs11:token=T?file=/k", "no module"),
        ("pkcs11:token=T?module-path=m.so&file=/k", "no module"),
        ("pkcs11:?module-path=/m.so&file=/k", "by its label"),
        ("pkcs11:token=T;serial=1?module-path=/m.so&file=/k", "by its label"),
        ("pkcs11:token=T?module-path=/m.so&file=/k&pin-value=1234", "never written"),
        ("pkcs11:token=T?module-path=/m.so&file=/k&pin-source=pin", "from the root"),
        ("pkcs11:token=T?module-path=/m.so&file=/k&slot=1", "slot"),
        ("awskms:alias/mine?file=/k", "no key of AWS KMS"),
        (f"awskms:{ARN.replace('key/', 'alias/')}?file=/k", "an alias"),
        (f"awskms:{ARN}?file=/k&region=x", "region"),
        (f"awskms:{ARN}", "no keyring file"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as refused:
        parse(text)
    assert "1234&" not in str(refused.value)
    assert "pin-value=1234" not in str(refused.value)
