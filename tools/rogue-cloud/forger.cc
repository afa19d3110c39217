#include "tools/rogue-cloud/forger.h"

#include <utility>

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/client_data.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rogue_cloud {
namespace {

constexpr size_t kRequestIdBytes = 16;
constexpr size_t kNonceBytes = 32;
constexpr char kUnknownToken[] = "rogue-token";
constexpr absl::Duration kApproveWithin = absl::Minutes(1);
constexpr absl::Duration kExecuteWithin = absl::Minutes(3);
// Of U2F's authenticator data: application parameter, flags, counter.
constexpr size_t kCounterAt = 33;
constexpr size_t kU2fDataSize = 37;

}  // namespace

absl::StatusOr<Forger> Forger::Create(
    const command_gate::v1::CommandRecord& recorded, const Clock& clock,
    RandomSource& random) {
  if (recorded.proof().approvals_size() != 1) {
    return FieldError("proof",
                      "is not that of one touch: record the command "
                      "with `u2fi get --full --json`");
  }
  const proof::v1::Approval& approval = recorded.proof().approvals(0);
  if (approval.authenticator_data().size() != kU2fDataSize) {
    return FieldError("proof", "is not by a U2F key");
  }
  ASSIGN_OR_RETURN(proof::v1::Command command,
                   proof::ParseCommand(recorded.command()));
  ASSIGN_OR_RETURN(proof::v1::AuthorizationStatement statement,
                   proof::ParseStatement(approval.statement()));
  return Forger(recorded, std::move(command), std::move(statement), clock,
                random);
}

Forger::Forger(const command_gate::v1::CommandRecord& recorded,
               proof::v1::Command command,
               proof::v1::AuthorizationStatement statement, const Clock& clock,
               RandomSource& random)
    : recorded_(recorded),
      command_(std::move(command)),
      statement_(std::move(statement)),
      clock_(clock),
      random_(random) {}

absl::StatusOr<std::vector<Attack>> Forger::Attacks() {
  const std::string owner = recorded_.proof().approvals(0).token_id();
  std::vector<Attack> attacks(5);
  const auto prepare = [&](size_t i, const char* name, const char* what) {
    attacks[i].name = name;
    attacks[i].what = what;
  };
  prepare(0, "declared-free", "the cloud declares the operation free");
  prepare(1, "forged-signature", "an approval in the owner's name, forged");
  prepare(2, "unknown-key", "an approval by a key that nobody enrolled");
  prepare(3, "old-approval", "yesterday's approval for today's command");
  prepare(4, "replay", "yesterday's command and approval, byte for byte");
  for (size_t i = 0; i < 4; ++i) {
    ASSIGN_OR_RETURN(*attacks[i].execute.mutable_command(),
                     NewCommand(&attacks[i].command_id));
  }
  attacks[0].execute.set_execute_by_ms(FromNow(kExecuteWithin));
  ASSIGN_OR_RETURN(*attacks[1].execute.mutable_proof(),
                   Forge(attacks[1].execute.command(), owner));
  ASSIGN_OR_RETURN(*attacks[2].execute.mutable_proof(),
                   Forge(attacks[2].execute.command(), kUnknownToken));
  *attacks[3].execute.mutable_proof() = recorded_.proof();
  attacks[4].command_id = command_.command_id();
  attacks[4].execute.set_command(recorded_.command());
  *attacks[4].execute.mutable_proof() = recorded_.proof();
  return attacks;
}

absl::StatusOr<std::string> Forger::NewCommand(std::string* command_id) {
  proof::v1::Command command = command_;
  *command_id =
      proof::CommandId(statement_.tenant(), statement_.requester(),
                       crypto::Hex(random_.Bytes(kRequestIdBytes)), 0);
  command.set_command_id(*command_id);
  command.set_sequence(command_.sequence() + 1);
  return proof::EncodeCommand(command);
}

absl::StatusOr<proof::v1::Proof> Forger::Forge(absl::string_view command,
                                               const std::string& token_id) {
  proof::v1::AuthorizationStatement statement = statement_;
  statement.set_nonce(random_.Bytes(kNonceBytes));
  statement.set_batch_root(crypto::ToString(proof::Leaf(command)));
  statement.set_approve_by_ms(FromNow(kApproveWithin));
  statement.set_execute_by_ms(FromNow(kExecuteWithin));
  ASSIGN_OR_RETURN(const std::string bytes, proof::EncodeStatement(statement));
  const crypto::Digest challenge = proof::ChallengeOf(bytes);
  ASSIGN_OR_RETURN(
      const proof::ClientData recorded,
      proof::ParseClientData(recorded_.proof().approvals(0).client_data()));
  ASSIGN_OR_RETURN(const proof::GatewayOrigin origin,
                   proof::ParseGatewayOrigin(recorded.origin));
  proof::v1::Answer answer;
  answer.set_client_data(proof::U2fClientData(proof::kU2fAssertion, challenge,
                                              origin, recorded.gateway_point));
  answer.set_authenticator_data(AuthenticatorData());
  answer.set_signature(key_.Sign(crypto::Sha256(
      proof::SignedBytes(answer.authenticator_data(), answer.client_data()))));
  answer.set_token_id(token_id);
  proof::SignRelay(key_, challenge, FromNow(absl::ZeroDuration()), answer);
  proof::v1::Proof forged;
  *forged.add_approvals() = proof::ToApproval(bytes, answer);
  return forged;
}

// Those of the record, with the counter one higher.
std::string Forger::AuthenticatorData() const {
  std::string data = recorded_.proof().approvals(0).authenticator_data();
  for (size_t i = kU2fDataSize; i-- > kCounterAt;) {
    if (++data[i] != 0) break;
  }
  return data;
}

uint64_t Forger::FromNow(absl::Duration duration) const {
  return static_cast<uint64_t>(UnixMillis(clock_) +
                               absl::ToInt64Milliseconds(duration));
}

}  // namespace u2fi::rogue_cloud
