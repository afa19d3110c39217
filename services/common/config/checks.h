#ifndef U2FI_SERVICES_COMMON_CONFIG_CHECKS_H_
#define U2FI_SERVICES_COMMON_CONFIG_CHECKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "u2fi/config/v1/shared.pb.h"

namespace u2fi::config {

// Collects what is wrong with a configuration, each with the path of its key,
// so that one run tells everything. No problem repeats a value.
//   Checks checks;
//   CheckListen("listen", config.listen(), checks);
//   checks.Range("settings.remember", config.settings().remember(), ...);
//   return checks.Result();
class Checks {
 public:
  // A problem of the key `path`.
  void Problem(absl::string_view path, absl::string_view problem);
  // Unless `condition`.
  void Require(bool condition, absl::string_view path,
               absl::string_view problem);

  // The text is not empty.
  void Required(absl::string_view path, absl::string_view value);
  // Zero, which stands for the default, or in [low, high].
  void Range(absl::string_view path, uint64_t value, uint64_t low,
             uint64_t high);
  // Absent, which stands for the default, or in [low, high]. `present` is
  // has_x().
  void Range(absl::string_view path, bool present,
             const google::protobuf::Duration& value, absl::Duration low,
             absl::Duration high);
  // "host:port" with a port from 0 to 65535, "[host]:port" for IPv6.
  void Address(absl::string_view path, absl::string_view value);
  // A domain name in lower case, as in "iot.example.com": no scheme, no port.
  void Domain(absl::string_view path, absl::string_view value);
  // An origin as browsers write it: "https://" and a domain, and a port unless
  // it is 443. Any other text would never be equal to what a browser says.
  void Origin(absl::string_view path, absl::string_view value);

  // OK, or INVALID_ARGUMENT with one line a problem.
  absl::Status Result() const;

 private:
  std::vector<std::string> problems_;
};

// The parts that several binaries have, with the bounds that shared.proto
// states. `path` is the key of the part.
void CheckTls(absl::string_view path, const v1::TlsConfig& tls, Checks& checks);
void CheckListen(absl::string_view path, const v1::ListenConfig& listen,
                 Checks& checks);
void CheckPeer(absl::string_view path, const v1::PeerConfig& peer,
               Checks& checks);
void CheckStore(absl::string_view path, const v1::StoreConfig& store,
                Checks& checks);
void CheckLog(absl::string_view path, const v1::LogConfig& log, Checks& checks);
void CheckMetrics(absl::string_view path, const v1::MetricsConfig& metrics,
                  Checks& checks);
void CheckAudit(absl::string_view path, const v1::AuditConfig& audit,
                Checks& checks);
void CheckRelyingParty(absl::string_view path,
                       const v1::RelyingPartyConfig& relying_party,
                       Checks& checks);
void CheckOidc(absl::string_view path, const v1::OidcConfig& oidc,
               Checks& checks);

// `value`, or `fallback` if it is absent.
absl::Duration DurationOr(bool present, const google::protobuf::Duration& value,
                          absl::Duration fallback);
// `value`, or `fallback` if it is zero.
uint32_t NumberOr(uint32_t value, uint32_t fallback);

}  // namespace u2fi::config

#endif  // U2FI_SERVICES_COMMON_CONFIG_CHECKS_H_
