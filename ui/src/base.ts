import "./styles.scss";
import accordion from "@uswds/uswds/js/usa-accordion";
import header from "@uswds/uswds/js/usa-header";
import skipnav from "@uswds/uswds/js/usa-skipnav";

for (const part of [accordion, header, skipnav]) {
  part.on(document.body);
}
