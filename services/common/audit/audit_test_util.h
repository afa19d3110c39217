#ifndef U2FI_SERVICES_COMMON_AUDIT_AUDIT_TEST_UTIL_H_
#define U2FI_SERVICES_COMMON_AUDIT_AUDIT_TEST_UTIL_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/audit/row.h"
#include "services/common/store/store.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// For tests of services: what a decision left behind, and small rows.

// `service` of tenant "acme"; incarnations differ by `replica`.
v1::Writer TestWriter(absl::string_view service = "command-gate",
                      char replica = 'a');

// The partition of TestWriter().
store::Partition TestPartition();

// A good COMMAND row about `subject`.
RowContent TestContent(absl::string_view subject = "commands/c1");
PreparedRow TestRow(absl::string_view subject = "commands/c1");

// Every row in the partition, writer by writer, in order. Fails the test if
// one is not in form or breaks its chain.
std::vector<ParsedRow> RowsIn(store::Store& store,
                              const store::Partition& partition);

// "KIND subject subject" of each row, without the ROW_KIND_ prefix.
std::vector<std::string> Summary(const std::vector<ParsedRow>& rows);

// Whether `secret` stands anywhere in the partition: as it is, in hex, in
// base32 or in base64url. Services call it with every secret of a test.
bool PartitionHolds(store::Store& store, const store::Partition& partition,
                    absl::string_view secret);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_AUDIT_TEST_UTIL_H_
