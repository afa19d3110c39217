// All by the processor time of one thread.
// verify.webauthn.<algorithm>.rate: WebAuthn assertions verified with the
// parsed key cached, from the bytes that arrive to the verdict, beside
// BoringSSL's bare call for that algorithm.
// verify.webauthn.<algorithm>.vs_libfido2, verify.u2f.vs_libfido2: the same
// beside fido_assert_verify() on the same bytes and key.
// verify.webauthn.<algorithm>.register_rate: registrations in format packed,
// the attestation's signature and one chain link included, beside the bare
// P-256 verification of one signature.
// verify.webauthn.<algorithm>.register_vs_libfido2: the same beside
// fido_cred_verify(), which follows no chain.
#include "absl/strings/ascii.h"
#include "services/common/crypto/bare_verifier.h"
#include "services/common/fido/assertion_verifier.h"
#include "services/common/fido/fake_u2f_token.h"
#include "services/common/fido/fake_webauthn_token.h"
#include "services/common/fido/webauthn_registration_verifier.h"
#include "tests/load/bench_line.h"
#include "tests/load/ceremonies.h"
#include "tests/load/interleaved.h"
#include "tests/load/libfido2.h"

namespace u2fi::load {
namespace {

constexpr int kRounds = 31;
// About 20 ms a round, whatever the algorithm costs.
int CallsOf(const fido::AlgorithmCase& kind) {
  return kind.type == crypto::KeyType::kP384 ? 20 : 200;
}

std::string LowerName(const fido::AlgorithmCase& kind) {
  return absl::AsciiStrToLower(kind.name);
}

// One assertion, and what verifies it.
struct Assertion {
  Assertion(std::string credential_id, fido::CredentialKey key)
      : credential_id_(credential_id) {
    in.credential.emplace(std::move(credential_id), std::move(key));
    in.credential->account = "alice";
    in.credential->state = fido::CredentialRecord::State::kActive;
    in.credential->counter = 7;
  }
  void Verify() const {
    auto screened = fido::ScreenAssertion(in);
    Require(screened.ok() &&
            fido::VerifyAssertion(*std::move(screened), challenge).ok());
  }
  std::string SignedBytes() const {
    return absl::StrCat(in.answer.authenticator_data,
                        crypto::View(crypto::Sha256(in.answer.client_data)));
  }
  void SetChallenge() {
    in.answer.credential_id = credential_id_;
    challenge = Spent(in.expected);
    challenge.offers = {{credential_id_, 7}};
  }

  fido::AssertionInputs in;
  fido::SpentChallenge challenge;

 private:
  std::string credential_id_;
};

// 37 bytes: touched and verified, counter 8.
std::string AuthenticatorData() {
  return absl::StrCat(crypto::View(crypto::Sha256(kRpId)),
                      std::string("\x05\0\0\0\x08", 5));
}

Assertion WebAuthnAssertion(const fido::AlgorithmCase& kind) {
  const crypto::TestKey& key = fido::TestKeyOf(kind);
  const auto cose =
      fido::ParseCbor(fido::cbor::Map(fido::CosePairsOf(key, kind)));
  Require(cose.ok());
  auto parsed = fido::CredentialKey::FromCose(*cose);
  Require(parsed.ok());
  Assertion assertion(std::string(32, 'i'), *std::move(parsed));
  assertion.in.expected = WebAuthnExpected("COMMAND");
  assertion.in.answer.client_data =
      WebAuthnClientData("webauthn.get", std::string(32, 'c'));
  assertion.in.answer.authenticator_data = AuthenticatorData();
  assertion.in.answer.signature =
      key.Sign(kind.signature, assertion.SignedBytes());
  assertion.SetChallenge();
  return assertion;
}

// A U2F answer as the verifier gets it.
Assertion U2fAssertion(const fido::FakeU2fToken& token) {
  Assertion assertion(token.key_handle,
                      fido::CredentialKey(token.key.public_key()));
  assertion.in.expected = WebAuthnExpected("COMMAND");
  assertion.in.expected.protocol = fido::Protocol::kU2f;
  assertion.in.answer.client_data =
      absl::StrCat(R"({"typ":"navigator.id.getAssertion","challenge":")",
                   crypto::Base64Url(std::string(32, 'c')), R"(","origin":")",
                   kOrigin, R"("})");
  assertion.in.answer.authenticator_data = token.AuthenticatorData(kRpId, 1, 8);
  assertion.in.answer.signature = token.Sign(
      assertion.in.answer.authenticator_data, assertion.in.answer.client_data);
  assertion.SetChallenge();
  return assertion;
}

void BesideLibfido2(const std::string& name, const Assertion& assertion,
                    const fido::AlgorithmCase& kind,
                    const std::string& numbers) {
  const Libfido2Assertion theirs(kind, numbers);
  const fido::AssertionAnswer& answer = assertion.in.answer;
  const Rates rates = MeasureInterleaved(
      kRounds, CallsOf(kind), [&] { assertion.Verify(); },
      [&] {
        Require(theirs.Verify(kRpId, answer.client_data,
                              answer.authenticator_data, answer.signature));
      },
      ThreadCpuSeconds);
  PrintBenchLine(
      {name, rates.ours, "1/s", "libfido2 fido_assert_verify", rates.baseline});
}

void BesideBoringSsl(const std::string& name, const Assertion& assertion,
                     const fido::AlgorithmCase& kind) {
  const crypto::BareVerifier bare(fido::TestKeyOf(kind).public_key(),
                                  kind.signature, assertion.SignedBytes());
  const Rates rates = MeasureInterleaved(
      kRounds, CallsOf(kind), [&] { assertion.Verify(); },
      [&] { Require(bare.Verify(assertion.in.answer.signature)); },
      ThreadCpuSeconds);
  PrintBenchLine({name, rates.ours, "1/s",
                  absl::StrCat("BoringSSL, bare ", kind.name), rates.baseline});
}

// One registration in format packed with x5c.
struct Registration {
  explicit Registration(const fido::AlgorithmCase& kind)
      : token("packed", kind) {
    in.expected = WebAuthnExpected("ENROL");
    in.client_data =
        WebAuthnClientData("webauthn.create", std::string(32, 'c'));
    in.attestation_object = token.AttestationObject(in.client_data);
    in.policy.trust.now = absl::FromUnixSeconds(1700000000);
    in.policy.trust.anchors = {{token.Root(), {}}};
    challenge = Spent(in.expected);
  }
  void Verify() const {
    auto screened = fido::ScreenWebAuthnRegistration(in);
    Require(screened.ok() && fido::VerifyWebAuthnRegistration(
                                 *std::move(screened), challenge,
                                 fido::RegistrationFacts{false, false, 0, 8})
                                 .ok());
  }

  fido::FakeWebAuthnToken token;
  fido::WebAuthnRegistrationInputs in;
  fido::SpentChallenge challenge;
};

void RegisterBesideBoringSsl(const std::string& name,
                             const Registration& registration) {
  const crypto::TestKey key = crypto::TestKey::Generate(crypto::KeyType::kP256);
  const auto algorithm = crypto::SignatureAlgorithm::kEcdsaSha256;
  const std::string signature = key.Sign(algorithm, "message");
  const crypto::BareVerifier bare(key.public_key(), algorithm, "message");
  const Rates rates = MeasureInterleaved(
      kRounds, 50, [&] { registration.Verify(); },
      [&] { Require(bare.Verify(signature)); }, ThreadCpuSeconds);
  PrintBenchLine(
      {name, rates.ours, "1/s", "BoringSSL, bare ES256", rates.baseline});
}

void RegisterBesideLibfido2(const std::string& name,
                            const Registration& registration,
                            const fido::AlgorithmCase& kind) {
  const std::string data = registration.token.AuthenticatorData();
  const std::string statement =
      registration.token.Statement(registration.in.client_data);
  const Rates rates = MeasureInterleaved(
      kRounds, 50, [&] { registration.Verify(); },
      [&] {
        Require(Libfido2VerifyCredential(kind, "packed", kRpId,
                                         registration.in.client_data, data,
                                         statement));
      },
      ThreadCpuSeconds);
  PrintBenchLine(
      {name, rates.ours, "1/s", "libfido2 fido_cred_verify", rates.baseline});
}

int Main(int argc, char** argv) {
  if (IsAskedFor(argc, argv, "verify.u2f.vs_libfido2")) {
    const fido::FakeU2fToken token;
    BesideLibfido2("verify.u2f.vs_libfido2", U2fAssertion(token),
                   fido::kAlgorithmCases[0], token.public_key.substr(1));
  }
  for (const fido::AlgorithmCase& kind : fido::kAlgorithmCases) {
    const std::string prefix = "verify.webauthn." + LowerName(kind);
    const auto asked = [&](const std::string& what) {
      return IsAskedFor(argc, argv, prefix + what);
    };
    const crypto::TestKey::Numbers numbers = fido::TestKeyOf(kind).numbers();
    const Assertion assertion = WebAuthnAssertion(kind);
    if (asked(".rate")) BesideBoringSsl(prefix + ".rate", assertion, kind);
    if (asked(".vs_libfido2")) {
      BesideLibfido2(prefix + ".vs_libfido2", assertion, kind,
                     numbers.first + numbers.second);
    }
    const Registration registration(kind);
    if (asked(".register_rate")) {
      RegisterBesideBoringSsl(prefix + ".register_rate", registration);
    }
    if (asked(".register_vs_libfido2")) {
      RegisterBesideLibfido2(prefix + ".register_vs_libfido2", registration,
                             kind);
    }
  }
  return 0;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) { return u2fi::load::Main(argc, argv); }
