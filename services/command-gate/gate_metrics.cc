#include "services/command-gate/gate_metrics.h"

namespace u2fi::command_gate {

GateMetrics::GateMetrics(metrics::Registry* registry)
    : own_(registry == nullptr ? std::make_unique<metrics::Registry>()
                               : nullptr),
      registry_(registry == nullptr ? *own_ : *registry),
      quotas_(
          registry_.Counters({"u2fi_command_gate_quota_refusals_total",
                              "Requests that were refused since a quota was "
                              "used up.",
                              {"quota"},
                              {{"account"}, {"gateway"}}})),
      alarms_(registry_.Counters(
          {"u2fi_command_gate_alarms_total",
           "Alarms that were raised.",
           {"alarm"},
           {{"cooldown"}, {"break_glass_asked"}, {"break_glass_approved"}}})),
      webhooks_(registry_.Counters({"u2fi_command_gate_webhooks_total",
                                    "Events for webhooks, by what became of "
                                    "them.",
                                    {"result"},
                                    {{"sent"},
                                     {"retried"},
                                     {"refused"},
                                     {"given_up"},
                                     {"expired"},
                                     {"dropped"},
                                     {"obsolete"}}})),
      forwards_(registry_.Counters(
          {"u2fi_command_gate_forwards_total",
           "Messages for gateways that were handed to another replica.",
           {"outcome"},
           {{"ok"}, {"refused"}, {"stale"}, {"unreachable"}}})),
      journals_(registry_.Counters(
          {"u2fi_command_gate_journals_total",
           "Parts of agents' journals that came, and gaps in them.",
           {"outcome"},
           {{"taken"}, {"refused"}, {"gap"}}})) {}

}  // namespace u2fi::command_gate
