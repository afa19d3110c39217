#ifndef U2FI_SERVICES_COMMON_PROOF_DOMAINS_H_
#define U2FI_SERVICES_COMMON_PROOF_DOMAINS_H_

#include "absl/strings/string_view.h"

// The domain string of every hash that is signed or compared. A string is
// never reused for another form: a new form gets a new string. README.md says
// what each hash covers.
namespace u2fi::proof::domain {

inline constexpr absl::string_view kCommandId = "u2fi/command-id/v1";
inline constexpr absl::string_view kCommand = "u2fi/cmd/v1";
inline constexpr absl::string_view kStatement = "u2fi/authz/v1";
inline constexpr absl::string_view kAnswer = "u2fi/answer/v1";
inline constexpr absl::string_view kRelay = "u2fi/relay/v1";
inline constexpr absl::string_view kPins = "u2fi/pins/v1";
inline constexpr absl::string_view kLease = "u2fi/lease/v1";
inline constexpr absl::string_view kLeaseEnd = "u2fi/lease-end/v1";
inline constexpr absl::string_view kEnrol = "u2fi/enrol/v1";
inline constexpr absl::string_view kAccountGateways =
    "u2fi/account-gateways/v1";
inline constexpr absl::string_view kPolicyChange = "u2fi/policy-change/v1";
inline constexpr absl::string_view kWords = "u2fi/words/v1";
inline constexpr absl::string_view kAudit = "u2fi/audit/v1";
// A device's own signatures: that it is the device, and what came out.
inline constexpr absl::string_view kDevice = "u2fi/device/v1";
inline constexpr absl::string_view kResult = "u2fi/result/v1";
inline constexpr absl::string_view kRenewal = "u2fi/renewal/v1";

}  // namespace u2fi::proof::domain

#endif  // U2FI_SERVICES_COMMON_PROOF_DOMAINS_H_
