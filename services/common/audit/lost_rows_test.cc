#include "services/common/audit/lost_rows.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain.h"

namespace u2fi::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LostRowsTest : public testing::Test {
 protected:
  // The store had lost rows about these subjects.
  void Lose(const std::string& tenant,
            const std::vector<std::string>& subjects) {
    EpochChange change;
    for (const std::string& subject : subjects) {
      TailRow row;
      row.row = builder_.Append(TestRow(subject), 1, head_);
      row.head = head_;
      change.rewritten.push_back(std::move(row));
    }
    lost_.Note(tenant, change);
  }
  // What is applied now, as tenant:subject; the work returns `result`.
  std::vector<std::string> Applied(const absl::Status& result = {}) {
    std::vector<std::string> seen;
    const auto work = [&](const std::string& tenant, const auto& rows) {
      for (const ParsedRow& row : rows) {
        seen.push_back(absl::StrCat(tenant, ":", row.header.subjects(0)));
      }
      return result;
    };
    EXPECT_EQ(lost_.Apply(work).ok(), result.ok() || seen.empty());
    return seen;
  }

  ChainBuilder builder_{TestWriter()};
  ChainHead head_;
  LostRows lost_{[](const ParsedRow& row) {
    return !SubjectOf(row, "commands/").empty();
  }};
};

TEST_F(LostRowsTest, WithoutAnEpochChangeThereIsNothing) {
  EXPECT_THAT(Applied(), IsEmpty());
}

TEST_F(LostRowsTest, WhatIsWantedIsAppliedInOrderAndOnce) {
  Lose("t1", {"commands/1", "accounts/ann", "commands/2"});
  Lose("t1", {"commands/3"});
  EXPECT_THAT(Applied(),
              ElementsAre("t1:commands/1", "t1:commands/2", "t1:commands/3"));
  EXPECT_THAT(Applied(), IsEmpty());
}

TEST_F(LostRowsTest, TenantsAreAppliedOneByOne) {
  Lose("t2", {"commands/2"});
  Lose("t1", {"commands/1"});
  EXPECT_THAT(Applied(), ElementsAre("t1:commands/1", "t2:commands/2"));
}

TEST_F(LostRowsTest, NothingWantedIsNoTenant) {
  Lose("t1", {"accounts/ann"});
  int calls = 0;
  EXPECT_TRUE(lost_
                  .Apply([&calls](const auto&, const auto&) {
                    ++calls;
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(calls, 0);
}

TEST_F(LostRowsTest, WhatFailedComesFirstNextTime) {
  Lose("t1", {"commands/1"});
  EXPECT_THAT(Applied(absl::UnavailableError("away")), SizeIs(1));
  Lose("t1", {"commands/2"});
  EXPECT_THAT(Applied(), ElementsAre("t1:commands/1", "t1:commands/2"));
}

TEST_F(LostRowsTest, ASubjectIsFoundByItsCollection) {
  ParsedRow row;
  row.header.add_subjects("commands/c1");
  row.header.add_subjects("accounts/ann");
  EXPECT_EQ(SubjectOf(row, "accounts/"), "ann");
  EXPECT_EQ(SubjectOf(row, "tokens/"), "");
}

}  // namespace
}  // namespace u2fi::audit
