"""The provider's primitives agree with published vectors, and its report claims nothing."""

import cryptography
import pytest

from vestige.vault import provider


def test_hkdf_agrees_with_rfc_5869_case_1() -> None:
    derived = provider.hkdf_sha256(bytes([0x0B]) * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)))
    assert derived.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"


def test_ed25519_agrees_with_rfc_8032_test_1() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert provider.public_ed25519(seed).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert provider.sign_ed25519(seed, b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")


def test_aes_256_gcm_agrees_with_the_gcm_specification_case_14() -> None:
    sealed = provider.Gcm(bytes(32)).seal(bytes(12), bytes(16), b"")
    assert sealed.hex() == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"


def test_a_short_key_and_a_wrong_tag_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        provider.Gcm(bytes(16))
    gcm = provider.Gcm(bytes(32))
    sealed = gcm.seal(bytes(12), b"text", b"one")
    assert gcm.open(bytes(12), sealed, b"one") == b"text"
    for nonce, text, aad in ((bytes(12), sealed, b"two"), (bytes(11) + b"\1", sealed, b"one"), (bytes(12), sealed[:10], b"one")):
        with pytest.raises(provider.WrongTag):
            gcm.open(nonce, text, aad)


def test_the_report_names_the_library_and_never_claims_validation() -> None:
    report = provider.report()
    assert report["library"] == "cryptography"
    assert report["version"] == cryptography.__version__
    assert "OpenSSL" in str(report["openssl"])
    assert report["fips_validated"] is False
