#ifndef U2FI_SERVICES_COMMON_PROOF_STRICT_H_
#define U2FI_SERVICES_COMMON_PROOF_STRICT_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::proof {

// The strict protobuf profile: one encoding per message, so that two parsers
// cannot read the same signed bytes differently (decisions A10). Its rules, by
// the names that errors carry as metadata "rule" and that the shared corpus
// tests/vectors/proof/strict_negative.json uses:
//   SIZE       at most the message's bound
//   TRUNCATED  every field is complete
//   VARINT     varints are minimal and fit their type
//   UNKNOWN    every field number is in the schema, with its wire type
//   ORDER      field numbers ascend; only repeated fields occur twice
//   DEFAULT    no zero and nothing of length zero is encoded
//   DEPTH      at most 8 messages inside each other
//   CONTENT    strings are printable ASCII, encoding again gives the same bytes

// The strict bytes of `message`. A message that has an empty sub-message or an
// empty repeated element has none: Parse() refuses what comes out.
std::string Encode(const google::protobuf::Message& message);

// OK if `bytes` keep the rules for a message of `type` (encoding again left
// out: it finds nothing that the other rules do not).
// Otherwise an error of `reason`.
absl::Status CheckStrict(absl::string_view bytes,
                         const google::protobuf::Descriptor& type,
                         size_t max_size, const Reason& reason);

// Puts the message into `message`, or gives an error of `reason`.
absl::Status ParseInto(absl::string_view bytes, size_t max_size,
                       const Reason& reason,
                       google::protobuf::Message& message);

// The message that `bytes` are the strict encoding of.
template <typename T>
absl::StatusOr<T> Parse(absl::string_view bytes, size_t max_size,
                        const Reason& reason) {
  T message;
  RETURN_IF_ERROR(ParseInto(bytes, max_size, reason, message));
  return message;
}

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_STRICT_H_
