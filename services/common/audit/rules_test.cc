#include "services/common/audit/rules.h"

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "services/common/audit/limits.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

v1::Writer GoodWriter() {
  v1::Writer writer;
  writer.set_service("command-gate");
  writer.set_incarnation(std::string(16, 'i'));
  writer.set_tenant("acme");
  return writer;
}

v1::RowReference GoodReference() {
  v1::RowReference reference;
  *reference.mutable_writer() = GoodWriter();
  reference.set_sequence(9);
  reference.set_hash(std::string(32, 'h'));
  return reference;
}

v1::AuditHeader GoodHeader() {
  v1::AuditHeader header;
  header.set_format(1);
  *header.mutable_writer() = GoodWriter();
  header.set_sequence(2);
  header.set_previous(std::string(32, 'p'));
  header.set_time_ms(1);
  header.set_kind(v1::ROW_KIND_COMMAND);
  header.add_subjects("commands/abc");
  header.set_body_hash(std::string(32, 'b'));
  return header;
}

v1::AuditBody GoodBody() {
  v1::AuditBody body;
  body.set_format(1);
  body.set_statement("s");
  body.set_command("c");
  body.add_approvals()->set_token_id("t1");
  body.add_approval_refs(std::string(32, 'r'));
  body.set_index(999);
  body.add_path(std::string(32, 'n'));
  body.set_outcome(common::v1::OUTCOME_REFUSED);
  body.set_reason("CANCELLED");
  body.set_state_before("AWAITING_APPROVAL");
  body.set_state_after("DENIED");
  body.set_caller("spiffe://u2fi/client/acme/shop");
  body.set_reported_by("device");
  body.set_device_signature("sig");
  for (const char* name : {"a", "b"}) {
    v1::Detail& detail = *body.add_details();
    detail.set_name(name);
    detail.set_value("v");
  }
  return body;
}

std::string FieldOf(const absl::Status& status) {
  EXPECT_TRUE(IsReason(status, reason::kAuditFormat)) << status;
  return MetadataOf(status)["field"];
}

TEST(CheckWriterTest, AcceptsServicesAndGateways) {
  v1::Writer writer = GoodWriter();
  EXPECT_OK(CheckWriter(writer));
  writer.set_service("gateway/site-1/gw-1");
  EXPECT_OK(CheckWriter(writer));
}

TEST(CheckWriterTest, RefusesAServiceThatIsNone) {
  for (const char* service : {"", "Gate", "gateway/site-1", "a/b/c",
                              "gateway/site-1/gw-1/x", "gateway//gw-1"}) {
    v1::Writer writer = GoodWriter();
    writer.set_service(service);
    EXPECT_EQ(FieldOf(CheckWriter(writer)), "writer.service") << service;
  }
}

TEST(CheckWriterTest, RefusesAnIncarnationOfAnotherSize) {
  v1::Writer writer = GoodWriter();
  writer.set_incarnation(std::string(15, 'i'));
  EXPECT_EQ(FieldOf(CheckWriter(writer)), "writer.incarnation");
}

TEST(CheckWriterTest, RefusesATenantThatIsNoId) {
  v1::Writer writer = GoodWriter();
  writer.set_tenant("Acme");
  EXPECT_EQ(FieldOf(CheckWriter(writer)), "writer.tenant");
}

TEST(CheckReferenceTest, RefusesSequenceZeroAndAShortHash) {
  EXPECT_OK(CheckReference(GoodReference()));
  v1::RowReference reference = GoodReference();
  reference.set_sequence(0);
  EXPECT_EQ(FieldOf(CheckReference(reference)), "reference.sequence");
  reference = GoodReference();
  reference.set_hash("short");
  EXPECT_EQ(FieldOf(CheckReference(reference)), "reference.hash");
}

// One thing wrong with an otherwise good message, and the field that names it.
struct HeaderFault {
  const char* name;
  const char* field;
  std::function<void(v1::AuditHeader&)> plant;
};
class CheckHeaderTest : public testing::TestWithParam<HeaderFault> {};

TEST_P(CheckHeaderTest, NamesTheField) {
  v1::AuditHeader header = GoodHeader();
  ASSERT_OK(CheckHeader(header));
  GetParam().plant(header);
  EXPECT_EQ(FieldOf(CheckHeader(header)), GetParam().field);
}

const HeaderFault kHeaderFaults[] = {
    {"UnknownFormat", "format", [](auto& h) { h.set_format(2); }},
    {"NoWriter", "writer.service", [](auto& h) { h.clear_writer(); }},
    {"NoSequence", "sequence", [](auto& h) { h.set_sequence(0); }},
    {"Row1WithPrevious", "previous", [](auto& h) { h.set_sequence(1); }},
    {"Row2WithoutPrevious", "previous", [](auto& h) { h.clear_previous(); }},
    {"Row2WithPredecessor", "predecessor",
     [](auto& h) { *h.mutable_predecessor() = GoodReference(); }},
    {"BadPredecessor", "writer.service",
     [](auto& h) {
       h.set_sequence(1);
       h.clear_previous();
       h.mutable_predecessor();
     }},
    {"NoTime", "time_ms", [](auto& h) { h.clear_time_ms(); }},
    {"NoKind", "kind", [](auto& h) { h.clear_kind(); }},
    {"SeventeenSubjects", "subjects",
     [](auto& h) {
       for (int i = 0; i < 16; ++i) h.add_subjects("a");
     }},
    {"EmptySubject", "subjects", [](auto& h) { h.add_subjects(""); }},
    {"LongSubject", "subjects",
     [](auto& h) { h.add_subjects(std::string(kMaxSubjectSize + 1, 'a')); }},
    {"SubjectWithSpace", "subjects", [](auto& h) { h.add_subjects("a b"); }},
    {"NoBodyHash", "body_hash", [](auto& h) { h.clear_body_hash(); }},
};
INSTANTIATE_TEST_SUITE_P(Faults, CheckHeaderTest,
                         testing::ValuesIn(kHeaderFaults),
                         [](const auto& fault) { return fault.param.name; });

TEST(CheckHeaderLimitsTest, KeepsAKindThatItDoesNotKnow) {
  v1::AuditHeader header = GoodHeader();
  header.set_kind(static_cast<v1::RowKind>(999));
  EXPECT_OK(CheckHeader(header));
}

TEST(CheckHeaderLimitsTest, AcceptsAPredecessorInRowOne) {
  v1::AuditHeader header = GoodHeader();
  header.set_sequence(1);
  header.clear_previous();
  *header.mutable_predecessor() = GoodReference();
  EXPECT_OK(CheckHeader(header));
}

struct BodyFault {
  const char* name;
  const char* field;
  std::function<void(v1::AuditBody&)> plant;
};
class CheckBodyTest : public testing::TestWithParam<BodyFault> {};

TEST_P(CheckBodyTest, NamesTheField) {
  v1::AuditBody body = GoodBody();
  ASSERT_OK(CheckBody(body));
  GetParam().plant(body);
  EXPECT_EQ(FieldOf(CheckBody(body)), GetParam().field);
}

std::string Long(size_t limit) { return std::string(limit + 1, 'A'); }

const BodyFault kBodyFaults[] = {
    {"UnknownFormat", "format", [](auto& b) { b.set_format(2); }},
    {"LongStatement", "statement",
     [](auto& b) { b.set_statement(Long(kMaxStatementSize)); }},
    {"LongCommand", "command",
     [](auto& b) { b.set_command(Long(kMaxCommandSize)); }},
    {"NineApprovals", "approvals",
     [](auto& b) {
       for (int i = 0; i < 7; ++i) b.add_approvals()->set_token_id("t");
     }},
    {"EmptyApproval", "approvals", [](auto& b) { b.add_approvals(); }},
    {"LargeApproval", "approvals",
     [](auto& b) {
       b.add_approvals()->set_client_data(Long(kMaxApprovalSize));
     }},
    {"LargeApprovals", "approvals",
     [](auto& b) {
       for (int i = 0; i < 3; ++i) {
         b.add_approvals()->set_client_data(std::string(5800, 'A'));
       }
     }},
    {"ShortReference", "approval_refs",
     [](auto& b) { b.add_approval_refs("short"); }},
    {"LargeIndex", "index", [](auto& b) { b.set_index(1000); }},
    {"LongPath", "path",
     [](auto& b) {
       for (int i = 0; i < 10; ++i) b.add_path(std::string(32, 'n'));
     }},
    {"ShortNode", "path", [](auto& b) { b.add_path("short"); }},
    {"UnknownOutcome", "outcome",
     [](auto& b) { b.set_outcome(static_cast<common::v1::Outcome>(9)); }},
    {"ReasonInLowerCase", "reason", [](auto& b) { b.set_reason("denied"); }},
    {"LongReason", "reason", [](auto& b) { b.set_reason(Long(kMaxNameSize)); }},
    {"BadStateBefore", "state_before",
     [](auto& b) { b.set_state_before("a"); }},
    {"BadStateAfter", "state_after", [](auto& b) { b.set_state_after("a"); }},
    {"LongCaller", "caller",
     [](auto& b) { b.set_caller(Long(kMaxCallerSize)); }},
    {"CallerWithNewline", "caller", [](auto& b) { b.set_caller("a\nb"); }},
    {"SecretCaller", "caller",
     [](auto& b) { b.set_caller("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.x"); }},
    {"UnknownReporter", "reported_by",
     [](auto& b) { b.set_reported_by("cloud"); }},
    {"LongDeviceSignature", "device_signature",
     [](auto& b) { b.set_device_signature(Long(kMaxDeviceSignatureSize)); }},
    {"ThirtyThreeDetails", "details",
     [](auto& b) {
       for (int i = 0; i < 31; ++i) b.add_details()->set_name("c");
     }},
    {"DetailWithoutName", "details", [](auto& b) { b.add_details(); }},
    {"DetailNameInUpperCase", "details",
     [](auto& b) { b.add_details()->set_name("C"); }},
    {"LongDetailName", "details",
     [](auto& b) {
       b.add_details()->set_name(std::string(kMaxDetailNameSize + 1, 'c'));
     }},
    {"DetailsOutOfOrder", "details",
     [](auto& b) { b.add_details()->set_name("a"); }},
    {"DetailTwice", "details", [](auto& b) { b.add_details()->set_name("b"); }},
    {"LongDetail", "details.b",
     [](auto& b) { b.mutable_details(1)->set_value(Long(kMaxDetailSize)); }},
    {"SecretDetail", "details.b",
     [](auto& b) {
       b.mutable_details(1)->set_value("-----BEGIN EC PRIVATE KEY-----");
     }},
};
INSTANTIATE_TEST_SUITE_P(Faults, CheckBodyTest, testing::ValuesIn(kBodyFaults),
                         [](const auto& fault) { return fault.param.name; });

TEST(LooksLikeSecretTest, KnowsKeysAndTokens) {
  EXPECT_TRUE(LooksLikeSecret("x -----BEGIN PRIVATE KEY----- y"));
  EXPECT_TRUE(LooksLikeSecret("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."));
}

TEST(LooksLikeSecretTest, LeavesOrdinaryTextAlone) {
  EXPECT_FALSE(LooksLikeSecret("fire alarm in room 12"));
  EXPECT_FALSE(LooksLikeSecret("eyJust.a sentence. Another one."));
  EXPECT_FALSE(LooksLikeSecret("-----BEGIN PUBLIC KEY-----"));
}

}  // namespace
}  // namespace u2fi::audit
