#ifndef U2FI_TOOLS_U2FI_PINS_TEXT_H_
#define U2FI_TOOLS_U2FI_PINS_TEXT_H_

#include <string>

#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::cli {

// What a device will believe, on one line for people: keys with their roles,
// gateways, front desks, a running lease, and what each operation needs.
std::string PinsText(const proof::v1::PinSet& pins);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_PINS_TEXT_H_
