#ifndef U2FI_SERVICES_COMMON_FIDO_CBOR_WRITER_H_
#define U2FI_SERVICES_COMMON_FIDO_CBOR_WRITER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// CBOR (RFC 8949) with definite, shortest lengths.
namespace u2fi::fido::cbor {

std::string Integer(int64_t value);
std::string Bytes(absl::string_view bytes);
std::string Text(absl::string_view text);
std::string Boolean(bool value);
// The items and the pairs are encoded already. The caller sorts a map's keys
// where the canonical order matters.
std::string Array(const std::vector<std::string>& items);
std::string Map(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace u2fi::fido::cbor

#endif  // U2FI_SERVICES_COMMON_FIDO_CBOR_WRITER_H_
