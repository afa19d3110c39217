#include "services/common/audit/audit_test_util.h"

#include <map>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/audit/chain.h"
#include "services/common/crypto/encoding.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

// Everything in the partition that begins with `prefix`.
std::vector<store::Item> ItemsIn(store::Store& store,
                                 const store::Partition& partition,
                                 absl::string_view prefix) {
  std::vector<store::Item> items;
  bool more = true;
  while (more) {
    const std::string after = items.empty() ? "" : items.back().key;
    absl::StatusOr<store::Page> page =
        store.Scan(partition, prefix, after, store::kMaxScanLimit);
    EXPECT_OK(page);
    if (!page.ok()) return items;
    more = page->more;
    for (store::Item& item : page->items) items.push_back(std::move(item));
  }
  return items;
}

// base64url of `secret` with `skip` bytes before it, without the characters
// that depend on its neighbours.
std::string Base64Core(absl::string_view secret, size_t skip) {
  const std::string text =
      crypto::Base64Url(absl::StrCat(std::string(skip, 'x'), secret));
  const size_t begin = (skip * 8 + 5) / 6;
  const size_t end = (skip + secret.size()) * 8 / 6;
  return text.substr(begin, end - begin);
}

}  // namespace

v1::Writer TestWriter(absl::string_view service, char replica) {
  v1::Writer writer;
  writer.set_service(std::string(service));
  writer.set_incarnation(std::string(16, replica));
  writer.set_tenant("acme");
  return writer;
}

store::Partition TestPartition() {
  return *store::Partition::Make("command-gate", "acme");
}

RowContent TestContent(absl::string_view subject) {
  RowContent content;
  content.kind = v1::ROW_KIND_COMMAND;
  content.subjects = {std::string(subject)};
  content.body.set_state_before("PREPARING");
  content.body.set_state_after("AWAITING_APPROVAL");
  return content;
}

PreparedRow TestRow(absl::string_view subject) {
  FakeRandomSource random(absl::HashOf(subject));
  return *PreparedRow::Make(TestContent(subject), random);
}

std::vector<ParsedRow> RowsIn(store::Store& store,
                              const store::Partition& partition) {
  std::vector<ParsedRow> rows;
  for (const store::Item& item : ItemsIn(store, partition, "audit/row/")) {
    absl::StatusOr<ParsedRow> row = ParseRow(item.value);
    EXPECT_OK(row);
    if (!row.ok()) continue;
    const bool same =
        !rows.empty() && rows.back().header.writer().incarnation() ==
                             row->header.writer().incarnation();
    if (same) {
      EXPECT_OK(CheckFollows(row->header.writer(), HeadAt(rows.back()), *row));
    }
    rows.push_back(*std::move(row));
  }
  return rows;
}

std::vector<std::string> Summary(const std::vector<ParsedRow>& rows) {
  constexpr absl::string_view kPrefix = "ROW_KIND_";
  std::vector<std::string> summary;
  for (const ParsedRow& row : rows) {
    std::string line =
        v1::RowKind_Name(row.header.kind()).substr(kPrefix.size());
    for (const std::string& subject : row.header.subjects()) {
      absl::StrAppend(&line, " ", subject);
    }
    summary.push_back(std::move(line));
  }
  return summary;
}

bool PartitionHolds(store::Store& store, const store::Partition& partition,
                    absl::string_view secret) {
  std::vector<std::string> forms = {std::string(secret), crypto::Hex(secret),
                                    crypto::Base32(secret)};
  for (size_t skip : {0, 1, 2}) forms.push_back(Base64Core(secret, skip));
  for (const store::Item& item : ItemsIn(store, partition, "")) {
    for (const std::string& form : forms) {
      if (absl::StrContains(item.value, form)) return true;
    }
  }
  return false;
}

}  // namespace u2fi::audit
