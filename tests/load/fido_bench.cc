// Both by the processor time of the thread.
// verify.u2f.rate: U2F assertions verified in one thread with the parsed key
// cached, from the bytes that arrive to the verdict, beside bare
// ECDSA_verify() on the same key, digest and signature.
// verify.u2f.register_rate: U2F registrations, attestation chain included,
// beside three bare verifications' worth: the message's signature, the
// certificate's, and the point.
#include "services/common/crypto/bare_ecdsa.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/assertion_verifier.h"
#include "services/common/fido/fake_u2f_token.h"
#include "services/common/fido/u2f_registration_verifier.h"
#include "tests/load/bench_line.h"
#include "tests/load/ceremonies.h"
#include "tests/load/interleaved.h"

namespace u2fi::load {
namespace {

constexpr int kRounds = 31;
constexpr int kCalls = 200;
constexpr char kBaseline[] = "BoringSSL ECDSA_verify P-256";

std::string ClientData(absl::string_view typ) {
  return absl::StrCat(
      R"({"typ":")", typ, R"(","challenge":")",
      crypto::Base64Url(std::string(32, 'c')),
      R"(","origin":"u2fi:tenant/site/gateway","cid_pubkey":{"kty":"EC",)"
      R"("crv":"P-256","x":"HzQwlfXX7Q4S5MtCCnZUNBw3RMzPO9tOyWjBqRl4tJ8",)"
      R"("y":"XVguGFLIZx1fXg3wNqfdbn75hi4-_7-BxhMljw42Ht4"}})");
}

fido::Expectation Expected(absl::string_view purpose) {
  fido::Expectation expected;
  expected.protocol = fido::Protocol::kU2f;
  expected.challenge = std::string(32, 'c');
  expected.rp_id = "u2fi.example";
  expected.origins = {"u2fi:tenant/site/gateway"};
  expected.channel_binding = {"HzQwlfXX7Q4S5MtCCnZUNBw3RMzPO9tOyWjBqRl4tJ8",
                              "XVguGFLIZx1fXg3wNqfdbn75hi4-_7-BxhMljw42Ht4"};
  expected.scope = {std::string(purpose), "tenant", "alice", "gateway"};
  return expected;
}

void MeasureAssertion() {
  const fido::FakeU2fToken token;
  fido::AssertionInputs in;
  in.expected = Expected("COMMAND");
  in.answer.client_data = ClientData("navigator.id.getAssertion");
  in.answer.authenticator_data =
      token.AuthenticatorData(in.expected.rp_id, 1, 8);
  in.answer.signature =
      token.Sign(in.answer.authenticator_data, in.answer.client_data);
  in.answer.credential_id = token.key_handle;
  in.credential.emplace(token.key_handle,
                        fido::CredentialKey(token.key.public_key()));
  in.credential->account = "alice";
  in.credential->state = fido::CredentialRecord::State::kActive;
  in.credential->counter = 7;
  fido::SpentChallenge challenge = Spent(in.expected);
  challenge.offers = {{token.key_handle, 7}};

  const crypto::BareEcdsa bare(token.public_key);
  const crypto::Digest digest =
      crypto::Sha256({in.answer.authenticator_data,
                      crypto::View(crypto::Sha256(in.answer.client_data))});
  const Rates rates = MeasureInterleaved(
      kRounds, kCalls,
      [&] {
        auto screened = fido::ScreenAssertion(in);
        Require(screened.ok() &&
                fido::VerifyAssertion(*std::move(screened), challenge).ok());
      },
      [&] { Require(bare.Verify(digest, in.answer.signature)); },
      ThreadCpuSeconds);
  PrintBenchLine(
      {"verify.u2f.rate", rates.ours, "1/s", kBaseline, rates.baseline});
}

void MeasureRegistration() {
  const fido::FakeU2fToken token;
  fido::U2fRegistrationInputs in;
  in.expected = Expected("ENROL");
  in.client_data = ClientData("navigator.id.finishEnrollment");
  in.response = token.Register(in.expected.rp_id, in.client_data);
  in.policy.trust.now = absl::FromUnixSeconds(1700000000);
  in.policy.trust.anchors = {{token.Root(), {}}};
  const fido::SpentChallenge challenge = Spent(in.expected);
  const fido::RegistrationFacts facts{false, false, 0, 8};

  const crypto::BareEcdsa bare(token.public_key);
  const crypto::Digest digest = crypto::Sha256("message");
  const std::string signature = token.key.Sign(digest);
  const Rates rates = MeasureInterleaved(
      kRounds, kCalls / 4,
      [&] {
        auto screened = fido::ScreenU2fRegistration(in);
        Require(screened.ok() && fido::VerifyU2fRegistration(
                                     *std::move(screened), challenge, facts)
                                     .ok());
      },
      [&] { Require(bare.Verify(digest, signature)); }, ThreadCpuSeconds);
  PrintBenchLine({"verify.u2f.register_rate", rates.ours, "1/s", kBaseline,
                  rates.baseline});
}

int Main(int argc, char** argv) {
  if (IsAskedFor(argc, argv, "verify.u2f.rate")) MeasureAssertion();
  if (IsAskedFor(argc, argv, "verify.u2f.register_rate")) MeasureRegistration();
  return 0;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) { return u2fi::load::Main(argc, argv); }
