#ifndef U2FI_TESTS_E2E_BROWSER_H_
#define U2FI_TESTS_E2E_BROWSER_H_

#include <memory>
#include <string>

#include "services/common/rpc/tls_identity.h"
#include "tests/e2e/one_site.h"
#include "tests/e2e/web_authn.h"
#include "u2fi/command_gate/v1/gate.grpc.pb.h"

namespace u2fi::e2e {

// The portal with ann's browser in front of it. Simplification: the portal is
// this class.
class Browser {
 public:
  // Both must outlive this object.
  Browser(OneSite& site, WebAuthn& web_authn);

  // Asks for `item` with the touch in this browser, and answers what is asked
  // until nothing more is. Comes back with the command's end, or with the first
  // verdict that is not ACCEPTED: PERMISSION_DENIED, and the verdict's reason.
  absl::StatusOr<command_gate::v1::CommandRecord> Do(
      const command_gate::v1::CommandItem& item, proof::v1::Purpose purpose);

 private:
  absl::StatusOr<command_gate::v1::PendingApproval> FirstQuestion(
      const std::string& name);
  absl::StatusOr<command_gate::v1::AnswerApprovalResponse> Answer(
      const command_gate::v1::PendingApproval& question);

  OneSite& site_;
  WebAuthn& web_authn_;
  std::unique_ptr<rpc::TlsIdentity> identity_;
  std::unique_ptr<command_gate::v1::CommandGate::Stub> portal_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_BROWSER_H_
