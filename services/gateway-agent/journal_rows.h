#ifndef U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_ROWS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_ROWS_H_

#include "absl/strings/string_view.h"
#include "services/common/audit/row.h"
#include "u2fi/gateway/v1/execution.pb.h"
#include "u2fi/gateway_agent/records/v1/records.pb.h"

namespace u2fi::gateway_agent {

// What the journal's rows say. The touches themselves are in the gate's rows;
// here they are named by digest.

// A command goes to its device: the exact command, and which touches let it.
audit::RowContent HandedContent(absl::string_view command_id,
                                const records::v1::JournalRow& row);

// What came of it, with the device's signature if there is one.
audit::RowContent EndContent(const gateway::v1::CommandResult& result);

// What the agent believes of a device from now on: which pin set.
audit::RowContent PinsContent(absl::string_view device,
                              const records::v1::DeviceRow& row);

// It believes nothing of the device any more.
audit::RowContent ForgottenContent(absl::string_view device);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_ROWS_H_
