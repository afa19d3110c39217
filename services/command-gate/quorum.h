#ifndef U2FI_SERVICES_COMMAND_GATE_QUORUM_H_
#define U2FI_SERVICES_COMMAND_GATE_QUORUM_H_

#include "google/protobuf/repeated_field.h"
#include "u2fi/command_gate/records/v1/records.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi::command_gate {

// Whether the approvers of a command have agreed. In a quorum (row.quorum) some
// of them are enough: as many as the rule says, each at another gateway or site
// where it says so. Each slot is another account, and holds only tokens whose
// roles and level the rule asks for: that is not looked at again. Where there
// are several rules (row.also), each has to be satisfied, by slots with roles.
// Under TRANSFER the new owner has to agree besides; his touch counts for that
// alone.

// The slots that are accepted are all that the command needs.
bool IsApproved(const records::v1::CommandRow& row);

// It may still come to that: with those that are accepted, asked, or to be
// asked.
bool MayBeApproved(const records::v1::CommandRow& row);

// The touches that were accepted, in the order of the slots: the proof.
google::protobuf::RepeatedPtrField<proof::v1::Approval> TouchesOf(
    const records::v1::CommandRow& row);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_QUORUM_H_
