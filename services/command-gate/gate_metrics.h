#ifndef U2FI_SERVICES_COMMAND_GATE_GATE_METRICS_H_
#define U2FI_SERVICES_COMMAND_GATE_GATE_METRICS_H_

#include <memory>

#include "services/common/metrics/metrics.h"

namespace u2fi::command_gate {

// What the gate counts. Thread-safe.
class GateMetrics {
 public:
  // Declares its families in `registry`, which must outlive this object; in
  // one of its own without.
  explicit GateMetrics(metrics::Registry* registry);

  // u2fi_command_gate_quota_refusals_total{quota}: account, gateway.
  void CountQuota(const char* quota) { quotas_.At({quota}).Add(); }
  // u2fi_command_gate_alarms_total{alarm}: cooldown, break_glass_asked,
  // break_glass_approved.
  void CountAlarm(const char* alarm) { alarms_.At({alarm}).Add(); }

  // u2fi_command_gate_webhooks_total{result}: sent; retried; refused by the
  // address; given_up after too many tries; expired; dropped, since the queue
  // was full; obsolete before it was told.
  void CountWebhook(const char* result) { webhooks_.At({result}).Add(); }
  // u2fi_command_gate_forwards_total{outcome}: ok, refused, stale,
  // unreachable.
  void CountForward(const char* outcome) { forwards_.At({outcome}).Add(); }

  // u2fi_command_gate_journals_total{outcome}: taken, refused; gap: rows before
  // those that came are missing.
  void CountJournal(const char* outcome) { journals_.At({outcome}).Add(); }

  double Journals(const char* outcome) const {
    return journals_.At({outcome}).Value();
  }
  double Quotas(const char* quota) const { return quotas_.At({quota}).Value(); }
  double Forwards(const char* outcome) const {
    return forwards_.At({outcome}).Value();
  }
  double Alarms(const char* alarm) const { return alarms_.At({alarm}).Value(); }
  double Webhooks(const char* result) const {
    return webhooks_.At({result}).Value();
  }

 private:
  std::unique_ptr<metrics::Registry> own_;
  metrics::Registry& registry_;
  const metrics::Rows<metrics::Counter> quotas_;
  const metrics::Rows<metrics::Counter> alarms_;
  const metrics::Rows<metrics::Counter> webhooks_;
  const metrics::Rows<metrics::Counter> forwards_;
  const metrics::Rows<metrics::Counter> journals_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATE_METRICS_H_
