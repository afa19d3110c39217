#include "services/common/fido/fake_webauthn_token.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/der.h"
#include "services/common/crypto/hash_algorithm.h"
#include "services/common/crypto/x509_names.h"
#include "services/common/fido/cbor_writer.h"

namespace u2fi::fido {
namespace {

namespace der = crypto::der;

std::string BigEndian16(size_t value) {
  return crypto::BigEndian32(static_cast<uint32_t>(value)).substr(2);
}

std::string Sized16(absl::string_view bytes) {
  return absl::StrCat(BigEndian16(bytes.size()), bytes);
}

// The alternative names of an AIK certificate: the TPM's three attributes.
std::string TpmAltNames() {
  const std::string name =
      crypto::EncodeName({{"2.23.133.2.1", "id:FFFFF1D0"},
                          {"2.23.133.2.2", "Model"},
                          {"2.23.133.2.3", "id:00000001"}});
  return der::Sequence({der::Write(der::Context(4), name)});
}

crypto::CertificateSpec Spec() {
  crypto::CertificateSpec spec;
  spec.serial = "\x01";
  spec.not_before = absl::FromUnixSeconds(1500000000);
  spec.not_after = absl::FromUnixSeconds(2500000000);
  return spec;
}

void Edit(const std::function<void(std::string&)>& edit, std::string& value) {
  if (edit) edit(value);
}

}  // namespace

std::string AndroidEntry(uint32_t tag, absl::string_view value) {
  return der::Write(der::Context(tag), value);
}

std::string GoodAndroidList() {
  return AndroidEntry(1, der::Set({der::Integer(uint64_t{2})})) +
         AndroidEntry(702, der::Integer(uint64_t{0}));
}

FakeWebAuthnToken::FakeWebAuthnToken(absl::string_view format_name,
                                     const AlgorithmCase& algorithm_case)
    : kind(algorithm_case),
      key(&TestKeyOf(algorithm_case)),
      cose(CosePairsOf(*key, algorithm_case)),
      format(format_name),
      attestation_key(crypto::TestKey::Generate(crypto::KeyType::kP256)),
      leaf_spec(Spec()),
      root_spec(Spec()) {
  root_spec.subject = crypto::CommonName("Test Root");
  root_spec.is_ca = true;
  leaf_spec.subject = {
      {crypto::kOidCountry, "SE"},
      {crypto::kOidOrganization, "Test"},
      {crypto::kOidOrganizationalUnit, "Authenticator Attestation"},
      {crypto::kOidCommonName, "Test Token"}};
  tpm.key = key;
  android.hardware_enforced = GoodAndroidList();
  if (format == "android-key" || format == "apple") {
    attestation_key = *key;
    attestation_algorithm = kind.signature;
    alg = static_cast<int64_t>(kind.algorithm);
  }
  if (format == "tpm") {
    leaf_spec.subject.clear();
    leaf_spec.extended_key_usages = {"2.23.133.8.3"};
    leaf_spec.extensions = {{crypto::kOidSubjectAltName, true, TpmAltNames()}};
  }
  leaf_spki = attestation_key.spki();
}

crypto::Certificate FakeWebAuthnToken::Root() const {
  return crypto::SelfSigned(root_spec, root_key);
}

std::string FakeWebAuthnToken::KeyDescription(
    absl::string_view client_data) const {
  const std::string challenge =
      android.challenge.empty() ? crypto::ToString(crypto::Sha256(client_data))
                                : android.challenge;
  const std::string level = der::Write(der::kEnumerated, "\1");
  return der::Sequence({der::Integer(uint64_t{3}), level,
                        der::Integer(uint64_t{4}), level,
                        der::Write(der::kOctetString, challenge),
                        der::Write(der::kOctetString, ""),
                        der::Sequence({android.software_enforced}),
                        der::Sequence({android.hardware_enforced})});
}

std::vector<crypto::Extension> FakeWebAuthnToken::FormatExtensions(
    absl::string_view client_data) const {
  std::vector<crypto::Extension> extensions_made;
  if (format == "android-key") {
    extensions_made = {
        {"1.3.6.1.4.1.11129.2.1.17", false, KeyDescription(client_data)}};
  }
  if (format == "apple") {
    const crypto::Digest nonce = crypto::Sha256(SignedBytes(client_data));
    extensions_made = {
        {"1.2.840.113635.100.8.2", false,
         der::Sequence(
             {der::Write(der::Context(1), der::Write(der::kOctetString,
                                                     crypto::View(nonce)))})}};
  }
  for (crypto::Extension& extension : extensions_made) {
    if (edit_extension) edit_extension(extension);
  }
  return extensions_made;
}

std::string FakeWebAuthnToken::Leaf(absl::string_view client_data) const {
  crypto::CertificateSpec spec = leaf_spec;
  for (crypto::Extension& extension : FormatExtensions(client_data)) {
    spec.extensions.push_back(std::move(extension));
  }
  return crypto::BuildCertificate(spec, leaf_spki, Root().subject(),
                                  crypto::SignerFor(root_key));
}

std::string FakeWebAuthnToken::AuthenticatorData() const {
  const bool has_credential = (flags & flag::kAttestedData) != 0;
  return absl::StrCat(
      crypto::View(crypto::Sha256(rp_id)),
      std::string(1, static_cast<char>(flags)), crypto::BigEndian32(counter),
      has_credential
          ? absl::StrCat(aaguid, Sized16(credential_id), cbor::Map(cose))
          : "",
      extensions);
}

std::string FakeWebAuthnToken::SignedBytes(
    absl::string_view client_data) const {
  return absl::StrCat(AuthenticatorData(),
                      crypto::View(crypto::Sha256(client_data)));
}

std::string FakeWebAuthnToken::PublicArea() const {
  const crypto::TestKey::Numbers numbers = tpm.key->numbers();
  const bool is_rsa = tpm.key->public_key().type() == crypto::KeyType::kRsa;
  const std::string null = BigEndian16(0x0010);
  const std::string head = absl::StrCat(
      BigEndian16(is_rsa ? 0x0001 : 0x0023), BigEndian16(tpm.name_algorithm),
      crypto::BigEndian32(0x00060472), Sized16(""));
  const size_t curve = numbers.first.size() == 32 ? 0x0003 : 0x0004;
  std::string area =
      is_rsa ? absl::StrCat(head, null, null,
                            BigEndian16(numbers.first.size() * 8),
                            crypto::BigEndian32(0), Sized16(numbers.first))
             : absl::StrCat(head, null, null, BigEndian16(curve), null,
                            Sized16(numbers.first), Sized16(numbers.second));
  Edit(tpm.edit_public_area, area);
  return area;
}

std::string FakeWebAuthnToken::CertInfo(absl::string_view client_data) const {
  std::string extra_data =
      crypto::Hash(alg == -35 ? crypto::HashAlgorithm::kSha384
                              : crypto::HashAlgorithm::kSha256,
                   SignedBytes(client_data));
  Edit(tpm.edit_extra_data, extra_data);
  std::string name =
      absl::StrCat(BigEndian16(tpm.name_algorithm),
                   crypto::Hash(crypto::HashAlgorithm::kSha256, PublicArea()));
  Edit(tpm.edit_name, name);
  std::string info = absl::StrCat(
      crypto::BigEndian32(tpm.magic), BigEndian16(tpm.type), Sized16("signer"),
      Sized16(extra_data), std::string(25, '\0'), Sized16(name), Sized16("q"));
  Edit(tpm.edit_cert_info, info);
  return info;
}

std::string FakeWebAuthnToken::SignatureOver(
    absl::string_view client_data) const {
  if (is_self) return key->Sign(kind.signature, SignedBytes(client_data));
  if (format == "tpm") {
    return attestation_key.Sign(attestation_algorithm, CertInfo(client_data));
  }
  const std::string u2f = absl::StrCat(
      absl::string_view("\0", 1), crypto::View(crypto::Sha256(rp_id)),
      crypto::View(crypto::Sha256(client_data)), credential_id, "\x04",
      key->numbers().first, key->numbers().second);
  return attestation_key.Sign(
      attestation_algorithm,
      format == "fido-u2f" ? u2f : SignedBytes(client_data));
}

std::string FakeWebAuthnToken::Statement(absl::string_view client_data) const {
  std::map<std::string, std::string> made;
  if (format != "none") {
    std::vector<std::string> x5c = {cbor::Bytes(Leaf(client_data))};
    for (const std::string& each : intermediates) {
      x5c.push_back(cbor::Bytes(each));
    }
    if (!is_self) made["x5c"] = cbor::Array(x5c);
    if (format != "apple") {
      made["sig"] = cbor::Bytes(SignatureOver(client_data));
    }
    if (format != "apple" && format != "fido-u2f") {
      made["alg"] =
          cbor::Integer(is_self ? static_cast<int64_t>(kind.algorithm) : alg);
    }
  }
  if (format == "tpm") {
    made["ver"] = cbor::Text("2.0");
    made["certInfo"] = cbor::Bytes(CertInfo(client_data));
    made["pubArea"] = cbor::Bytes(PublicArea());
  }
  for (const auto& [name, value] : members) made[name] = value;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : made) {
    if (!value.empty()) pairs.emplace_back(cbor::Text(name), value);
  }
  return cbor::Map(pairs);
}

std::string FakeWebAuthnToken::AttestationObject(
    absl::string_view client_data) const {
  return cbor::Map(
      {{cbor::Text("fmt"), cbor::Text(format)},
       {cbor::Text("attStmt"), Statement(client_data)},
       {cbor::Text("authData"), cbor::Bytes(AuthenticatorData())}});
}

}  // namespace u2fi::fido
