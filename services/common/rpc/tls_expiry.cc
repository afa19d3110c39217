#include "services/common/rpc/tls_expiry.h"

#include "services/common/logging/logging.h"

namespace u2fi::rpc {
namespace {

constexpr absl::Duration kLate = absl::Hours(1);

}  // namespace

TlsExpiry::TlsExpiry(const TlsIdentity& tls, metrics::Registry& registry,
                     const Clock& clock)
    : tls_(tls),
      clock_(clock),
      not_after_(registry
                     .Gauges({"u2fi_tls_certificate_not_after_seconds",
                              "When the own certificate ends, Unix time.",
                              {},
                              {}})
                     .At({})) {}

void TlsExpiry::Update() const {
  const absl::StatusOr<absl::Time> end = tls_.NotAfter();
  not_after_.Set(end.ok() ? absl::ToDoubleSeconds(*end - absl::UnixEpoch())
                          : 0);
  if (!end.ok()) {
    logging::Warning("the certificate cannot be read",
                     {{"cause", end.status().message()}});
  } else if (*end - clock_.Now() < kLate) {
    logging::Warning("the certificate was not renewed in time",
                     {{"left_s", absl::ToInt64Seconds(*end - clock_.Now())}});
  }
}

}  // namespace u2fi::rpc
