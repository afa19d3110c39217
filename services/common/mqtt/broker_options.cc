#include "services/common/mqtt/broker_options.h"

#include "absl/strings/match.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::mqtt {
namespace {

bool IsLoopback(absl::string_view host) {
  return host == "localhost" || host == "::1" ||
         (absl::StartsWith(host, "127.") &&
          host.find_first_not_of("0123456789.") == absl::string_view::npos);
}

absl::Status CheckRange(absl::string_view field, absl::Duration value,
                        absl::Duration least, absl::Duration most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return FieldError(field, "is out of its bounds");
}

absl::Status CheckTimes(const BrokerOptions& options) {
  RETURN_IF_ERROR(CheckRange("session_expiry", options.session_expiry,
                             absl::ZeroDuration(), absl::Hours(24 * 30)));
  RETURN_IF_ERROR(CheckRange("keep_alive", options.keep_alive, absl::Seconds(1),
                             absl::Hours(1)));
  RETURN_IF_ERROR(CheckRange("connect_timeout", options.connect_timeout,
                             absl::Seconds(1), absl::Minutes(5)));
  RETURN_IF_ERROR(CheckRange("publish_timeout", options.publish_timeout,
                             absl::Seconds(1), absl::Minutes(5)));
  RETURN_IF_ERROR(CheckRange("reconnect_base", options.reconnect_base,
                             absl::Milliseconds(1), options.reconnect_cap));
  return CheckRange("reconnect_cap", options.reconnect_cap,
                    options.reconnect_base, absl::Hours(1));
}

}  // namespace

absl::Status CheckBrokerOptions(const BrokerOptions& options) {
  if (options.host.empty()) return FieldError("host", "is missing");
  if (options.host.find_first_of("/ @") != std::string::npos) {
    return FieldError("host", "is not a name or an address");
  }
  if (options.port < 1 || options.port > 65535) {
    return FieldError("port", "is not from 1 to 65535");
  }
  if (options.plaintext && !IsLoopback(options.host)) {
    return FieldError("plaintext", "is for loopback addresses only");
  }
  if (!options.plaintext && options.ca_file.empty()) {
    return FieldError("ca_file", "is missing");
  }
  if (options.user.empty()) return FieldError("user", "is missing");
  if (options.password.empty()) return FieldError("password", "is missing");
  RETURN_IF_ERROR(CheckTimes(options));
  if (options.max_unfinished < 1000 || options.max_unfinished > 65535) {
    return FieldError("max_unfinished", "is not from 1000 to 65535");
  }
  if (options.will.has_value()) return CheckMessage(*options.will);
  return absl::OkStatus();
}

}  // namespace u2fi::mqtt
