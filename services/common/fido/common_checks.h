#ifndef U2FI_SERVICES_COMMON_FIDO_COMMON_CHECKS_H_
#define U2FI_SERVICES_COMMON_FIDO_COMMON_CHECKS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/ceremony.h"
#include "services/common/fido/client_data.h"

// Checks that registration and assertion share, one for each step. The reason
// of each is in the verifiers' lists.
namespace u2fi::fido {

enum class Action { kRegister, kAuthenticate };

// `typ` or `type` names the action under the expected protocol, and the member
// of the other protocol is absent.
absl::Status CheckClientDataType(const Expectation& expected, Action action,
                                 const ClientData& client_data);
absl::Status CheckClientDataChallenge(const Expectation& expected,
                                      const ClientData& client_data);
absl::Status CheckOrigin(const Expectation& expected,
                         const ClientData& client_data);
// U2F: nothing to do for WebAuthn.
absl::Status CheckChannelId(const Expectation& expected,
                            const ClientData& client_data);
// WebAuthn: nothing to do for U2F.
absl::Status CheckCrossOrigin(const Expectation& expected,
                              const ClientData& client_data);
absl::Status CheckTopOrigin(const Expectation& expected,
                            const ClientData& client_data);

// The flags of authenticator data.
absl::Status CheckUserPresence(const Expectation& expected,
                               const AuthenticatorData& data);
// U2F never counts as user verification.
absl::Status CheckUserVerification(const Expectation& expected,
                                   const AuthenticatorData& data);
// Backup state implies backup eligibility.
absl::Status CheckBackupFlags(const AuthenticatorData& data);

// The extension outputs of authenticator data · EXTENSION_UNEXPECTED.
absl::Status CheckExtensions(const Expectation& expected,
                             const AuthenticatorData& data);

// What became of the challenge.
absl::Status CheckChallengeKnown(const SpentChallenge& challenge);
absl::Status CheckChallengeScope(const Expectation& expected,
                                 const SpentChallenge& challenge);
absl::Status CheckChallengeExpiry(const SpentChallenge& challenge);
absl::Status CheckChallengeUse(const SpentChallenge& challenge);
absl::Status CheckCommandDigest(const Expectation& expected,
                                const SpentChallenge& challenge);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_COMMON_CHECKS_H_
