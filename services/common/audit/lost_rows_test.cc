#include "services/common/audit/lost_rows.h"

#include "gmock/gmock.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain.h"

namespace u2fi::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  static std::vector<std::string> Subjects(const std::vector<ParsedRow>& rows) {
    std::vector<std::string> subjects;
    subjects.reserve(rows.size());
    for (const ParsedRow& row : rows) {
      subjects.push_back(row.header.subjects(0));
    }
    return subjects;
  }

  ChainBuilder builder_{TestWriter()};
  ChainHead head_;
  LostRows lost_{[](const ParsedRow& row) {
    return !SubjectOf(row, "commands/").empty();
  }};
};

TEST_F(LostRowsTest, WithoutAnEpochChangeThereIsNothing) {
  EXPECT_THAT(lost_.Take(), IsEmpty());
}

TEST_F(LostRowsTest, WhatIsWantedIsKeptInOrderUntilItIsTaken) {
  Lose("t1", {"commands/1", "accounts/ann", "commands/2"});
  Lose("t1", {"commands/3"});
  EXPECT_THAT(Subjects(lost_.Take()["t1"]),
              ElementsAre("commands/1", "commands/2", "commands/3"));
  EXPECT_THAT(lost_.Take(), IsEmpty());
}

TEST_F(LostRowsTest, TenantsAreKeptApart) {
  Lose("t1", {"commands/1"});
  Lose("t2", {"commands/2"});
  LostRows::ByTenant taken = lost_.Take();
  EXPECT_THAT(Subjects(taken["t1"]), ElementsAre("commands/1"));
  EXPECT_THAT(Subjects(taken["t2"]), ElementsAre("commands/2"));
}

TEST_F(LostRowsTest, NothingWantedIsNoTenant) {
  Lose("t1", {"accounts/ann"});
  EXPECT_THAT(lost_.Take(), IsEmpty());
}

TEST_F(LostRowsTest, WhatIsPutBackComesFirst) {
  Lose("t1", {"commands/1"});
  LostRows::ByTenant taken = lost_.Take();
  Lose("t1", {"commands/2"});
  lost_.PutBack("t1", std::move(taken["t1"]));
  EXPECT_THAT(Subjects(lost_.Take()["t1"]),
              ElementsAre("commands/1", "commands/2"));
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
