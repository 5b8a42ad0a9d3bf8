"""The format is Tink's: what we seal any Tink library opens, and the other way round."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.vault.sealing import AAD, KEY, noise, seal, unseal
from tink import proto_keyset_format, secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from vestige.vault.sealed import PLAIN, PLAIN_FIRST

SIZES = [0, 1, PLAIN_FIRST - 1, PLAIN_FIRST, PLAIN_FIRST + 1, PLAIN_FIRST + PLAIN, PLAIN_FIRST + PLAIN + 1]


class _Kept(io.BytesIO):
    """Tink closes what it writes to; the bytes are still wanted then."""

    data = b""

    def close(self) -> None:
        self.data = self.data or self.getvalue()
        super().close()


def _tink(key: bytes) -> Any:
    streaming_aead.register()
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(key_value=key)
    parameters.params.ciphertext_segment_size = 1 << 20
    parameters.params.derived_key_size = 32
    parameters.params.hkdf_hash_type = common_pb2.SHA256
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add()
    entry.key_id, entry.status, entry.output_prefix_type = 1, tink_pb2.ENABLED, tink_pb2.RAW
    entry.key_data.type_url = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
    entry.key_data.value = parameters.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    return proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN).primitive(streaming_aead.StreamingAead)


def _tink_seals(data: bytes, key: bytes, aad: bytes) -> bytes:
    target = _Kept()
    with _tink(key).new_encrypting_stream(target, aad) as stream:
        stream.write(data)
    return target.data


def _tink_opens(sealed: bytes, key: bytes, aad: bytes) -> bytes:
    with _tink(key).new_decrypting_stream(io.BytesIO(sealed), aad) as stream:
        data: bytes = stream.read()
    return data


@pytest.mark.parametrize("size", SIZES)
def test_tink_opens_what_we_seal(size: int) -> None:
    assert _tink_opens(seal([noise(size)]), KEY, AAD) == noise(size)


@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_tink_seals(size: int) -> None:
    assert unseal(_tink_seals(noise(size), KEY, AAD)) == noise(size)


@given(key=st.binary(min_size=32, max_size=32), aad=st.binary(max_size=60), data=st.binary(max_size=3000))
@settings(max_examples=examples(100), deadline=None)
def test_both_agree_under_any_key_and_associated_data(key: bytes, aad: bytes, data: bytes) -> None:
    assert _tink_opens(seal([data], key=key, aad=aad), key, aad) == data
    assert unseal(_tink_seals(data, key, aad), key=key, aad=aad) == data


def test_tink_refuses_what_we_refuse() -> None:
    sealed = bytearray(seal([noise(5000)]))
    sealed[100] ^= 1
    with pytest.raises(Exception, match=r".+"):
        _tink_opens(bytes(sealed), KEY, AAD)
