#ifndef U2FI_TOOLS_U2FI_RECORDS_H_
#define U2FI_TOOLS_U2FI_RECORDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/random/random_source.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// What is to become of the tenant's policy; what is not named stays.
struct PolicyEdit {
  // As in ParseOperation().
  std::vector<std::string> rules;
  // Operations that the policy says nothing about any more.
  std::vector<std::string> drop_rules;
  absl::optional<bool> forbid_break_glass;
  absl::optional<bool> allow_self_approval;
  // The whole new list of accounts that may agree to a looser policy.
  std::vector<std::string> guardians;

  bool Empty() const {
    return rules.empty() && drop_rules.empty() && guardians.empty() &&
           !forbid_break_glass.has_value() && !allow_self_approval.has_value();
  }
};

// The records that an operator keeps, and lists of them. Each method is one
// request; what was stored is shown.
class Records {
 public:
  // All must outlive this object.
  Records(Mesh& mesh, RandomSource& random, Output& output)
      : mesh_(mesh), random_(random), output_(output) {}

  absl::Status CreateAccount(const std::string& account,
                             const std::string& display_name);
  absl::Status CreateSite(const std::string& site, const std::string& owner,
                          const std::string& display_name);
  // `key_pem` as in SpkiFromPem().
  absl::Status CreateGateway(const std::string& gateway,
                             const std::string& site,
                             absl::string_view key_pem);
  // Names another key for a gateway that is there.
  absl::Status ReplaceGatewayKey(const std::string& gateway,
                                 absl::string_view key_pem);
  // Replaces the model, or makes it. `operations` as in ParseOperation().
  absl::Status SetModel(const std::string& model,
                        const std::vector<std::string>& operations, bool open);
  // `lines`: JSON as `device-emulator identity` prints it, one device a line:
  // {"device":…,"model":…,"kit":…,"factory_key":base64}. All or none.
  absl::Status ImportDevices(absl::string_view lines);
  absl::Status Claim(const std::string& device, const std::string& account,
                     const std::string& code);

  // The tenant's policy, and a change of it, which takes effect for commands
  // submitted from then on.
  absl::Status ShowPolicy();
  absl::Status ChangePolicy(const PolicyEdit& edit);

  // One line each; all pages.
  absl::Status Devices(const std::string& account);
  absl::Status Tokens(const std::string& account);

 private:
  // Says that there are none of `what`, or that the account is not there.
  absl::Status NothingOf(const std::string& account, absl::string_view what);

  Mesh& mesh_;
  RandomSource& random_;
  Output& output_;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_RECORDS_H_
