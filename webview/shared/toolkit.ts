import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeLink,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeProgressRing,
  vsCodeTag,
  vsCodeTextArea,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import './toolkit.css';

/**
 * The only place that knows where the elements come from: `vscode-button`, `vscode-checkbox`, `vscode-dropdown`,
 * `vscode-link`, `vscode-option`, `vscode-panels`, `vscode-progress-ring`, `vscode-tag`, `vscode-text-area` and
 * `vscode-text-field`. What the toolkit leaves out (an invalid state, the border of a text field) is in the style
 * beside this file, and what it cannot say across its shadow root is said by `describe`.
 */
export function registerElements(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeLink(),
    vsCodeOption(),
    vsCodePanels(),
    vsCodePanelTab(),
    vsCodePanelView(),
    vsCodeProgressRing(),
    vsCodeTag(),
    vsCodeTextArea(),
    vsCodeTextField(),
  );
}
