#ifndef U2FI_TOOLS_ROGUE_CLOUD_FORGER_H_
#define U2FI_TOOLS_ROGUE_CLOUD_FORGER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/crypto/p256.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "u2fi/command_gate/v1/command.pb.h"
#include "u2fi/gateway/v1/execution.pb.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::rogue_cloud {

// One thing that a compromised cloud may send down to a gateway.
struct Attack {
  // For people and scripts: "declared-free" and so on.
  std::string name;
  // A sentence.
  std::string what;
  // Id of the command in it.
  std::string command_id;
  gateway::v1::ExecuteCommand execute;
};

// Makes what can be made by somebody who has all that the cloud has (every
// recorded byte, the gate's certificate, the ids) and neither the owner's key
// nor the gateway's. Deadlines are good and ids are right: only what the cloud
// cannot have is wrong.
class Forger {
 public:
  // `recorded` is a command as the real gate showed it (COMMAND_VIEW_FULL),
  // approved by one touch with a U2F key at a gateway. INVALID_FIELD
  // otherwise. The references must outlive this object.
  static absl::StatusOr<Forger> Create(
      const command_gate::v1::CommandRecord& recorded, const Clock& clock,
      RandomSource& random);

  // In this order:
  //   declared-free     the same operation as a new command, without a proof
  //   forged-signature  an approval of it that names the owner's key, signed by
  //                     another one
  //   unknown-key       an approval of it by a key that nobody enrolled
  //   old-approval      the recorded approval, put on the new command
  //   replay            the recorded command and approval, byte for byte
  absl::StatusOr<std::vector<Attack>> Attacks();

 private:
  Forger(const command_gate::v1::CommandRecord& recorded,
         proof::v1::Command command,
         proof::v1::AuthorizationStatement statement, const Clock& clock,
         RandomSource& random);

  absl::StatusOr<std::string> NewCommand(std::string* command_id);
  absl::StatusOr<proof::v1::Proof> Forge(absl::string_view command,
                                         const std::string& token_id);
  std::string AuthenticatorData() const;
  uint64_t FromNow(absl::Duration duration) const;

  command_gate::v1::CommandRecord recorded_;
  proof::v1::Command command_;
  proof::v1::AuthorizationStatement statement_;
  const Clock& clock_;
  RandomSource& random_;
  // The rogue's own: for a token and for a gateway.
  crypto::P256PrivateKey key_ = crypto::P256PrivateKey::Generate();
};

}  // namespace u2fi::rogue_cloud

#endif  // U2FI_TOOLS_ROGUE_CLOUD_FORGER_H_
