#include "services/common/proof/operations.h"

#include "google/protobuf/descriptor.h"
#include "services/common/proof/ids.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

TEST(OperationsTest, EveryReservedOperationHasAnExactRow) {
  const auto* values = v1::ReservedOperation_descriptor();
  for (int i = 1; i < values->value_count(); ++i) {
    const v1::OperationInfo& row =
        values->value(i)->options().GetExtension(v1::operation);
    ASSERT_EQ(FindReserved(row.name())->name(), row.name());
    EXPECT_TRUE(IsOperation(row.name()) && IsReserved(row.name()));
    EXPECT_GE(row.purposes_size(), 1) << row.name();
    EXPECT_GE(row.applied_by_size(), 1) << row.name();
    EXPECT_NE(values->file()->pool()->FindMessageTypeByName(row.arguments()),
              nullptr);
  }
}

TEST(OperationsTest, OnlyPinsHasSeveralPurposes) {
  const auto* values = v1::ReservedOperation_descriptor();
  for (int i = 1; i < values->value_count(); ++i) {
    const v1::OperationInfo& row =
        values->value(i)->options().GetExtension(v1::operation);
    EXPECT_EQ(row.purposes_size() > 1, row.name() == kOperationPins);
  }
}

TEST(OperationsTest, RowsAndPurposesAgreeOnTheTarget) {
  for (const char* name : {"u2fi.enrol", "u2fi.token.revoke", "u2fi.pins",
                           "u2fi.grant", "u2fi.unbind"}) {
    const v1::OperationInfo& row = *FindReserved(name);
    for (const int purpose : row.purposes()) {
      EXPECT_EQ(IsOnAccount(static_cast<v1::Purpose>(purpose)),
                row.on_account());
    }
  }
}

TEST(OperationsTest, DeviceOperationsRunUnderCommandAndBreakGlassOnly) {
  for (int p = 0; p <= v1::Purpose_MAX + 1; ++p) {
    const auto purpose = static_cast<v1::Purpose>(p);
    const bool allowed =
        purpose == v1::PURPOSE_COMMAND || purpose == v1::PURPOSE_BREAK_GLASS;
    EXPECT_EQ(CheckPurpose("door.unlock", purpose).ok(), allowed) << p;
  }
}

TEST(OperationsTest, PinsRunUnderFivePurposes) {
  int allowed = 0;
  for (int p = 0; p <= v1::Purpose_MAX + 1; ++p) {
    allowed += CheckPurpose("u2fi.pins", static_cast<v1::Purpose>(p)).ok();
  }
  EXPECT_EQ(allowed, 5);
  EXPECT_THAT(CheckPurpose("u2fi.pins", v1::PURPOSE_COMMAND),
              HasReason(reason::kPurposeNotAllowed));
}

TEST(OperationsTest, UnbindIsNotACommand) {
  EXPECT_OK(CheckPurpose("u2fi.unbind", v1::PURPOSE_UNBIND));
  EXPECT_THAT(CheckPurpose("u2fi.unbind", v1::PURPOSE_COMMAND),
              HasReason(reason::kPurposeNotAllowed));
}

TEST(OperationsTest, UnknownReservedNamesAreRefused) {
  EXPECT_THAT(CheckPurpose("u2fi.open", v1::PURPOSE_COMMAND),
              HasReason(reason::kOperationUnknown));
  EXPECT_THAT(CheckPurpose("u2fi.", v1::PURPOSE_COMMAND),
              HasReason(reason::kOperationUnknown));
  EXPECT_FALSE(IsReserved("u2fix"));
}

TEST(OperationsTest, ThePurposeListIsClosed) {
  EXPECT_FALSE(IsPurpose(v1::PURPOSE_UNSPECIFIED));
  EXPECT_FALSE(IsPurpose(static_cast<v1::Purpose>(12)));
  EXPECT_TRUE(IsPurpose(v1::PURPOSE_BREAK_GLASS));
}

TEST(OperationsTest, EveryPurposeHasItsTimeToExecute) {
  EXPECT_EQ(MaxExecuteAfterApproveMs(v1::PURPOSE_COMMAND), 900'000u);
  EXPECT_EQ(MaxExecuteAfterApproveMs(v1::PURPOSE_PROVISION), 1'800'000u);
  EXPECT_EQ(MaxExecuteAfterApproveMs(v1::PURPOSE_LEASE), 604'800'000u);
  EXPECT_EQ(MaxExecuteAfterApproveMs(v1::PURPOSE_PINS), 2'592'000'000u);
  EXPECT_EQ(MaxExecuteAfterApproveMs(v1::PURPOSE_PRESENCE), 0u);
}

TEST(OperationsTest, TheUsualPurposeIsTheOnlyOne) {
  EXPECT_EQ(UsualPurpose("door.unlock"), v1::PURPOSE_COMMAND);
  EXPECT_EQ(UsualPurpose("u2fi.unbind"), v1::PURPOSE_UNBIND);
  EXPECT_EQ(UsualPurpose("u2fi.pins"), v1::PURPOSE_UNSPECIFIED);
  EXPECT_EQ(UsualPurpose("u2fi.x"), v1::PURPOSE_UNSPECIFIED);
}

}  // namespace
}  // namespace u2fi::proof
