#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_SEQUENCES_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_SEQUENCES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "services/command-gate/command_store.h"
#include "services/common/audit/transition.h"
#include "services/common/store/store.h"

// The numbers of a device's commands, a part of CommandStore: each is given
// once, also where the store forgot that it gave some.
namespace u2fi::command_gate {

// Puts the last number that the device may have got, and its version, into
// `view`. If it was given under another epoch than `epoch`, higher ones may
// have been given and forgotten since: kLostSequences are left out, and one for
// each millisecond up to `now_ms`, so that two stores which began anew from the
// same state give different ones. STORE_CORRUPT.
absl::Status ParseSequenceEntry(const u2fi::store::Entry& entry,
                                const u2fi::store::Epoch& epoch,
                                uint64_t now_ms, SubmitView& view);

// Writes that `row` has the last one, on condition that nobody gave one since
// version `expected`.
void PutSequence(const records::v1::CommandRow& row,
                 u2fi::store::Version expected, audit::Transition& transition);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_SEQUENCES_H_
