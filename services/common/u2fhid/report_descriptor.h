#ifndef U2FI_SERVICES_COMMON_U2FHID_REPORT_DESCRIPTOR_H_
#define U2FI_SERVICES_COMMON_U2FHID_REPORT_DESCRIPTOR_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace u2fi::u2fhid {

// Longest report descriptor, in bytes: HID_MAX_DESCRIPTOR_SIZE of Linux.
inline constexpr size_t kMaxReportDescriptor = 4096;

// OK if `descriptor` (Device Class Definition for HID 1.11, 6.2.2) is that of a
// FIDO token whose reports are ours: a top collection of usage page 0xF1D0,
// usage 0x01 (U2F HID Protocol 1.2, "HID report descriptor"), with one input
// and one output of kReportSize bytes in it and no report ids. Reads bytes of a
// device that somebody plugged in: bounded, no recursion, nothing is assumed.
// Errors, all INVALID_FIELD:
//   longer than kMaxReportDescriptor · an item that is cut off · an end of
//   collection without a beginning, or a beginning without an end · more than
//   16 open collections or stored states · no FIDO collection · a report id in
//   it · no input or no output, or more than one · another report size
absl::Status CheckFidoDescriptor(absl::string_view descriptor);

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_REPORT_DESCRIPTOR_H_
