#include "services/common/fido/attestation_object.h"

#include "services/common/fido/cbor_writer.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs Good() {
  return {{cbor::Text("fmt"), cbor::Text("none")},
          {cbor::Text("attStmt"), cbor::Map({})},
          {cbor::Text("authData"), cbor::Bytes("data")}};
}

TEST(AttestationObjectTest, GivesItsMembers) {
  ASSERT_OK_AND_ASSIGN(AttestationObject object,
                       ParseAttestationObject(cbor::Map(Good())));
  EXPECT_EQ(object.format, "none");
  EXPECT_TRUE(object.statement.AsMap()->empty());
  EXPECT_EQ(object.authenticator_data, "data");
}

TEST(AttestationObjectTest, OtherMembersAreIgnored) {
  Pairs more = Good();
  more.emplace_back(cbor::Text("epAtt"), cbor::Boolean(false));
  EXPECT_OK(ParseAttestationObject(cbor::Map(more)));
}

TEST(AttestationObjectTest, EveryMemberIsNeededInItsKind) {
  for (size_t i = 0; i < 3; ++i) {
    Pairs fewer = Good();
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_THAT(ParseAttestationObject(cbor::Map(fewer)),
                HasReason(reason::kCborInvalid));
    Pairs other = Good();
    other[i].second = cbor::Integer(1);
    EXPECT_THAT(ParseAttestationObject(cbor::Map(other)),
                HasReason(reason::kCborInvalid));
  }
}

TEST(AttestationObjectTest, WhatIsNotOneMapIsRefused) {
  for (const std::string& bytes :
       {std::string(), cbor::Array({}), cbor::Map(Good()) + "x"}) {
    EXPECT_THAT(ParseAttestationObject(bytes), HasReason(reason::kCborInvalid));
  }
}

}  // namespace
}  // namespace u2fi::fido
