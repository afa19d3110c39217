#ifndef U2FI_SERVICES_COMMON_U2FHID_REPORT_H_
#define U2FI_SERVICES_COMMON_U2FHID_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::u2fhid {

// U2FHID moves everything in HID reports of this size, in both directions
// (FIDO U2F HID Protocol 1.2, "Message and packet structure"; the same text in
// CTAP 2.1, section 11.2.4). Full-speed USB has no longer ones.
inline constexpr size_t kReportSize = 64;

// One report, without the report number that hidraw puts in front on writing.
using Report = std::array<uint8_t, kReportSize>;

// `bytes` as a report. TOKEN_FRAME if they are not exactly kReportSize bytes:
// a short or long read is refused, never padded or cut.
absl::StatusOr<Report> ReportFromBytes(absl::string_view bytes);

// The bytes of `report`, for as long as `report` lives.
absl::string_view BytesOf(const Report& report);

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_REPORT_H_
