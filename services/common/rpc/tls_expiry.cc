#include "services/common/rpc/tls_expiry.h"

#include "services/common/logging/logging.h"

namespace u2fi::rpc {
namespace {

constexpr absl::Duration kLate = absl::Hours(1);

metrics::Gauge GaugeOf(const char* name, const char* help,
                       metrics::Registry& registry) {
  return registry.Gauges({name, help, {}, {}}).At({});
}

double Seconds(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

}  // namespace

TlsExpiry::TlsExpiry(const TlsIdentity& tls, metrics::Registry& registry,
                     const Clock& clock)
    : tls_(tls),
      clock_(clock),
      not_before_(GaugeOf("u2fi_tls_certificate_not_before_seconds",
                          "When the own certificate begins, Unix time.",
                          registry)),
      not_after_(GaugeOf("u2fi_tls_certificate_not_after_seconds",
                         "When the own certificate ends, Unix time.",
                         registry)) {}

void TlsExpiry::Update() const {
  const absl::StatusOr<TlsIdentity::Life> life = tls_.CertificateLife();
  not_before_.Set(life.ok() ? Seconds(life->not_before) : 0);
  not_after_.Set(life.ok() ? Seconds(life->not_after) : 0);
  if (!life.ok()) {
    logging::Warning("the certificate cannot be read",
                     {{"cause", life.status().message()}});
    return;
  }
  const absl::Duration left = life->not_after - clock_.Now();
  if (left < kLate) {
    logging::Warning("the certificate was not renewed in time",
                     {{"left_s", absl::ToInt64Seconds(left)}});
  }
}

}  // namespace u2fi::rpc
