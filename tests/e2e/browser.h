#ifndef U2FI_TESTS_E2E_BROWSER_H_
#define U2FI_TESTS_E2E_BROWSER_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/rpc/tls_identity.h"
#include "tests/e2e/one_site.h"
#include "u2fi/command_gate/v1/gate.grpc.pb.h"

namespace u2fi::e2e {

// The portal with ann's browser in front of it, and her keys plugged in there.
// Of WebAuthn it does what browsers do for a key that speaks U2F: the format
// fido-u2f, and the relying-party id as application. Simplification: the page
// and the browser are this class.
class Browser {
 public:
  // The keys are behind the sockets `key_paths`; the last one is the one that
  // registers. `site` must outlive this object.
  Browser(OneSite& site, std::vector<std::string> key_paths);

  // Asks for `item` with the touch in this browser, and answers what is asked
  // until nothing more is. Comes back with the command's end.
  absl::StatusOr<command_gate::v1::CommandRecord> Do(
      const command_gate::v1::CommandItem& item, proof::v1::Purpose purpose);

 private:
  absl::StatusOr<command_gate::v1::PendingApproval> FirstQuestion(
      const std::string& name);
  absl::StatusOr<command_gate::v1::AnswerApprovalResponse> Answer(
      const command_gate::v1::PendingApproval& question);
  common::v1::RegistrationAnswer Register(const std::string& statement);
  // Nothing without the key.
  proof::v1::Answer Touch(const command_gate::v1::PendingApproval& question);
  proof::v1::Answer TouchOf(gateway_agent::Token& key,
                            const std::string& statement,
                            const common::v1::Candidate& candidate);

  OneSite& site_;
  gateway_agent::SocketTokens keys_;
  std::unique_ptr<rpc::TlsIdentity> identity_;
  std::unique_ptr<command_gate::v1::CommandGate::Stub> portal_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_BROWSER_H_
