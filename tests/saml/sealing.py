"""Encrypting an assertion as a provider does, by libxmlsec: another hand than the portal's own."""

from copy import deepcopy

import xmlsec
from lxml import etree

from portal.saml.names import saml
from tests.saml.idp import Key

GCM, CBC = xmlsec.constants.TransformAes256Gcm, xmlsec.constants.TransformAes256Cbc
OAEP, PKCS1 = xmlsec.constants.TransformRsaOaep, xmlsec.constants.TransformRsaPkcs1


def sealed(assertion: etree._Element, to: Key, cipher=GCM, transport=OAEP) -> etree._Element:
    """An EncryptedAssertion that only the private key of `to` opens."""
    holder = etree.Element(saml("EncryptedAssertion"))
    inside = deepcopy(assertion)
    holder.append(inside)
    data = xmlsec.template.encrypted_data_create(
        holder, cipher, type=xmlsec.constants.TypeEncElement, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    wrapped = xmlsec.template.add_encrypted_key(info, transport)
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    manager = xmlsec.KeysManager()
    pem = xmlsec.constants.KeyDataFormatCertPem
    manager.add_key(xmlsec.Key.from_memory(to.certificate.encode(), pem))
    context = xmlsec.EncryptionContext(manager)
    bits = 256 if cipher in (GCM, CBC) else 192
    kind = xmlsec.constants.KeyDataDes if bits == 192 else xmlsec.constants.KeyDataAes
    context.key = xmlsec.Key.generate(kind, bits, xmlsec.constants.KeyDataTypeSession)
    context.encrypt_xml(data, inside)
    return holder
