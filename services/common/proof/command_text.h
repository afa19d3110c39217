#ifndef U2FI_SERVICES_COMMON_PROOF_COMMAND_TEXT_H_
#define U2FI_SERVICES_COMMON_PROOF_COMMAND_TEXT_H_

#include <string>

#include "u2fi/proof/v1/command.pb.h"

namespace u2fi::proof {

// What the command does, in one line for those who touch or watch: operation,
// target, and the arguments: those of a device as they are, those of `u2fi.*`
// by what they change; of a pin set also which operations are free. Arguments
// that cannot be read are "(unreadable)". As VisibleText() (visible_text.h).
std::string CommandText(const v1::Command& command);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_COMMAND_TEXT_H_
