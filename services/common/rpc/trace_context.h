#ifndef U2FI_SERVICES_COMMON_RPC_TRACE_CONTEXT_H_
#define U2FI_SERVICES_COMMON_RPC_TRACE_CONTEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/random/random_source.h"

namespace u2fi::rpc {

// Where a call stands in a distributed trace (W3C Trace Context, level 1,
// section 3.2).
struct TraceContext {
  std::string trace_id;  // 32 lower-case hex digits, not all zero
  std::string span_id;   // 16 lower-case hex digits, not all zero
  bool sampled = false;
};

// Reads a `traceparent` header of version 00. Absent if it is malformed in any
// way: then a new trace starts.
absl::optional<TraceContext> ParseTraceparent(absl::string_view header);

// The header for calls made on behalf of `trace`.
std::string ToTraceparent(const TraceContext& trace);

// The span of a call that came with `header` (empty: none): the same trace, or
// a new one, with a new span id.
TraceContext StartSpan(absl::string_view header, RandomSource& random);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_TRACE_CONTEXT_H_
