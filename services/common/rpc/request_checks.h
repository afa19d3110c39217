#ifndef U2FI_SERVICES_COMMON_RPC_REQUEST_CHECKS_H_
#define U2FI_SERVICES_COMMON_RPC_REQUEST_CHECKS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace u2fi::rpc {

// Checks of request fields that many rpcs have. Errors are INVALID_FIELD naming
// the field, unless said otherwise. Ids: ids.h.

inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 1000;
// Longest position that goes into a token, in bytes, and longest token.
inline constexpr size_t kMaxPosition = 256;
inline constexpr size_t kMaxPageToken = 384;

// One page of a list.
struct Page {
  // 1 to kMaxPageSize: the requested size (0: the default), cut to the maximum.
  int size = kDefaultPageSize;
  // Where to go on, as given to PageToken(); empty: at the start.
  std::string after;
};

// Reads page_size and page_token. `list` names the rpc and everything that
// chooses what is listed (tenant, filters), in any form: a token is good only
// where it was made. PAGE_TOKEN_INVALID if it is not; INVALID_FIELD for a
// negative size. Tokens are not secret and not signed: the position in one must
// be checked like any other input, and the tenant never comes from it.
absl::StatusOr<Page> ReadPage(int64_t page_size, absl::string_view page_token,
                              absl::string_view list);

// The next_page_token that leads on after `position`, which has at most
// kMaxPosition bytes. Empty for an empty position: there is no further page.
std::string PageToken(absl::string_view position, absl::string_view list);

// A well-formed duration in [low, high].
absl::StatusOr<absl::Duration> CheckDuration(
    absl::string_view path, const google::protobuf::Duration& value,
    absl::Duration low, absl::Duration high);

// A well-formed time in [low, high].
absl::StatusOr<absl::Time> CheckTime(absl::string_view path,
                                     const google::protobuf::Timestamp& value,
                                     absl::Time low, absl::Time high);

// Bytes of a length in [low, high].
absl::Status CheckSize(absl::string_view path, absl::string_view value,
                       size_t low, size_t high);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_REQUEST_CHECKS_H_
