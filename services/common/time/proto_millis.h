#ifndef U2FI_SERVICES_COMMON_TIME_PROTO_MILLIS_H_
#define U2FI_SERVICES_COMMON_TIME_PROTO_MILLIS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace u2fi {

// Milliseconds of a google.protobuf.Duration or Timestamp of a caller; the most
// or the least where they do not fit. TimeUtil multiplies what it is given, and
// a huge number of seconds comes out as any number of milliseconds.
template <typename DurationOrTimestamp>
int64_t ProtoMillis(const DurationOrTimestamp& value) {
  return absl::ToInt64Milliseconds(absl::Seconds(value.seconds()) +
                                   absl::Nanoseconds(value.nanos()));
}

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_TIME_PROTO_MILLIS_H_
